"""Several collectors share their keys in one PostgreSQL."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.collector.api.test_keys import at_revoke, bearer, keyed

if TYPE_CHECKING:
    from collections.abc import Iterator

pytest.importorskip("psycopg", reason="needs pip install 'otel-agents[postgres]'")


@pytest.fixture(scope="module")
def postgresql() -> Iterator[str]:
    """The address of a server of this test's own."""
    found = shutil.which("pg_ctl")
    if found is None:
        pytest.skip("needs PostgreSQL's programs")
    # It does not run as root, and another user does not get into the folders that pytest makes.
    with tempfile.TemporaryDirectory() as folder, closing(socket.socket()) as free:
        if root := os.getuid() == 0:
            shutil.chown(folder, "nobody")
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()

        def control(*arguments: str) -> subprocess.CompletedProcess[str]:
            who = ["runuser", "-u", "nobody", "--"] if root else []
            command = [*who, found, *arguments, "-s", "-D", f"{folder}/data"]
            # Into a file, and no pipe: the server keeps it open.
            with (Path(folder) / "said").open("w") as said:
                return subprocess.run(command, cwd=folder, stdout=said, stderr=said, text=True)

        if control("init", "-o", "-A trust -U collector --no-sync").returncode:
            pytest.skip("PostgreSQL cannot be set up here")
        options = f"-p {port} -h 127.0.0.1 -k {folder} -c fsync=off"
        assert control("start", "-w", "-l", f"{folder}/log", "-o", options).returncode == 0
        try:
            yield f"postgresql://collector@127.0.0.1:{port}/postgres"
        finally:
            control("stop", "-m", "immediate")


def test_a_key_of_one_works_at_the_other_until_it_is_revoked(postgresql: str, tmp_path: Path) -> None:
    shared = {"OTEL_AGENTS_SHARED_STATE": postgresql}
    with keyed(tmp_path / "one", **shared) as one:
        key = bearer(one.create("ci", "ingest", "read", tenant="acme")["key"])
        assert (one.send(key), one.get("/api/v1/traces", key).status) == (200, 200)
        with keyed(tmp_path / "two", **shared) as two:
            assert (two.send(key), two.get("/api/v1/traces", key).status) == (200, 200)
            assert [gone["name"] for gone in at_revoke(two, "ci")] == ["ci"]
            assert two.send(key) == 401
            entries = two.get("/api/v1/audit?who=owner").json["entries"]
            assert [entry["action"] for entry in entries] == ["key revoked", "key created"]
    with keyed(tmp_path / "one", **shared) as one:
        assert one.send(key) == 401
    assert not (tmp_path / "one" / "state.sqlite3").exists()
