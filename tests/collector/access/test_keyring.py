"""Keys and sessions hold from the moment they begin until the moment they end, whoever reads the state meanwhile."""

from __future__ import annotations

import threading
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from otel_agents.collector.access.keyring import Keyring
from otel_agents.collector.state.database import FILE, Database

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def looking(keyring: Keyring) -> Iterator[None]:
    """Two threads list the keys all the time."""
    done = threading.Event()

    def look() -> None:
        while not done.is_set():
            keyring.all()

    threads = [threading.Thread(target=look) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        done.set()
        for thread in threads:
            thread.join()


def test_a_key_works_from_when_it_is_made_and_a_session_until_it_ends(tmp_path: Path):
    with closing(Database(tmp_path / FILE)) as state, closing(Keyring(state, required=True)) as keyring:
        with looking(keyring):
            for number in range(25):
                _, secret = keyring.create(f"key {number}", ["read"])
                cookie, who = keyring.begin_session(secret)
                assert [keyring.by_key(secret), keyring.by_cookie(cookie)] == [who, who]
                keyring.end_session(cookie)
                assert keyring.by_cookie(cookie) is None
                keyring.revoke(f"key {number}")
                assert keyring.by_key(secret) is None
        assert all(key.last_used is not None for key in keyring.all())
