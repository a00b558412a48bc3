"""Keys at the terminal: made and revoked whether a collector runs or not, and used by the commands and the SDK."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.conftest import RunningCollector, running_collector

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def run(data: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "otel_agents.cli.main", *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, "OTEL_AGENTS_DATA": str(data), **environment},
        timeout=60,
    )


@pytest.fixture(scope="module")
def collector(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCollector]:
    with running_collector(tmp_path_factory.mktemp("keys") / "data", "--require-keys") as found:
        yield found


def test_a_key_is_made_listed_and_revoked_where_none_runs_and_in_one_that_does(tmp_path, collector):
    for data in (tmp_path / "data", collector.data):
        made = run(data, "keys", "create", "ci", "--scope", "ingest,read", "--tenant", "acme", "--days", "30")
        assert made.returncode == 0, made.stderr
        assert made.stdout.startswith("oak_") and made.stdout.count("\n") == 1
        assert "It is shown this once" in made.stderr

        (listed,) = json.loads(run(data, "keys", "list", "--format", "json").stdout)
        assert (listed["name"], listed["scopes"], listed["tenant"]) == ("ci", "ingest read", "acme")
        assert made.stdout.strip() not in json.dumps(listed)

        assert run(data, "keys", "revoke", "ci").returncode == 0
        again = run(data, "keys", "revoke", "ci")
        assert (again.returncode, again.stderr) == (1, "otel-agents: there is no key 'ci' that works\n")

        entries = json.loads(run(data, "audit", "--format", "json").stdout)
        noted = [(entry["action"], entry["subject"]) for entry in entries if entry["action"].startswith("key")]
        assert noted == [("key revoked", f"ci ({listed['id']})"), ("key created", f"ci ({listed['id']})")]


def test_who_started_it_needs_no_key_and_others_are_told_what_to_do(tmp_path, collector):
    url = {"OTEL_AGENTS_URL": collector.url}
    assert (
        run(collector.data, "sql", "SELECT 1 AS one", "--format", "json", **url).stdout
        == '[\n  {\n    "one": 1\n  }\n]\n'
    )

    other = run(tmp_path, "sql", "SELECT 1", **url)
    assert (other.returncode, "a key is needed here" in other.stderr) == (1, True)
    key = run(collector.data, "keys", "create", "other", "--scope", "read").stdout.strip()
    assert run(tmp_path, "sql", "SELECT 1", OTEL_AGENTS_KEY=key, **url).returncode == 0
    assert run(tmp_path, "keys", "list", "--url", collector.url, OTEL_AGENTS_KEY=key).returncode == 1


def test_the_key_of_this_collector_goes_to_no_other(collector, tmp_path):
    elsewhere = run(collector.data, "sql", "SELECT 1", "--url", f"http://localhost:1/{collector.url[-5:]}")
    assert (elsewhere.returncode, "no collector at" in elsewhere.stderr) == (1, True)


def test_login_prints_a_link(collector):
    printed = run(collector.data, "login").stdout
    assert printed.startswith(f"{collector.url}/login#")


PROGRAM = """
from otel_agents import configure, monitor_operation, shutdown

configure("shop")
with monitor_operation("work"):
    pass
shutdown()
"""


@pytest.mark.parametrize("protocol", ["http/protobuf", "grpc"])
def test_a_program_sends_with_its_key_and_with_the_headers_of_any_sdk(collector, protocol):
    tenant = f"by {protocol}"
    key = run(collector.data, "keys", "create", "shop", "--scope", "ingest", "--tenant", tenant).stdout.strip()
    url = collector.url if protocol != "grpc" else f"http://127.0.0.1:{collector.grpc_port}"
    for variables in ({"OTEL_AGENTS_KEY": key}, {"OTEL_EXPORTER_OTLP_HEADERS": f"authorization=Bearer%20{key}"}):
        ran = subprocess.run(
            [sys.executable, "-c", PROGRAM],
            capture_output=True,
            text=True,
            env={
                **os.environ,
                "OTEL_EXPORTER_OTLP_ENDPOINT": url,
                "OTEL_EXPORTER_OTLP_PROTOCOL": protocol,
                **variables,
            },
            timeout=60,
        )
        assert (ran.returncode, ran.stderr) == (0, "")
    found = run(
        collector.data,
        *("sql", f"SELECT count(*) AS n FROM spans WHERE tenant = '{tenant}'", "--format", "json"),
        OTEL_AGENTS_URL=collector.url,
    )
    assert json.loads(found.stdout) == [{"n": 2}]


def test_no_key_is_in_the_list_of_processes_or_in_what_is_logged(collector):
    key = json.loads((collector.data / "collector.json").read_text())["key"]
    listed = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True).stdout
    assert key not in listed
    assert key not in collector.printed
