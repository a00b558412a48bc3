"""Says what is being done, where that takes longer than somebody in front of a terminal waits in silence."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from otel_agents.collector.logs import say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FIRST_S: Final = 1.0
AGAIN_S: Final = 10.0


@contextmanager
def said_when_slow(what: Callable[[], str]) -> Iterator[None]:
    """Say it after a second, and again every ten, until the block ends."""
    over = threading.Event()

    def wait() -> None:
        pause_s = FIRST_S
        while not over.wait(pause_s):
            say(what())
            pause_s = AGAIN_S

    watching = threading.Thread(target=wait, name="slow", daemon=True)
    watching.start()
    try:
        yield
    finally:
        over.set()
        watching.join()
