"""Counts the cursors that are lent, so that the file can be closed and opened anew while questions come in."""

from __future__ import annotations

import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

import duckdb

from otel_agents.collector.handoff import OverloadedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Lent = tuple[duckdb.DuckDBPyConnection, "Callable[[], None]"]

PATIENCE_S: Final = 2.0  # what a reader waits for the file, and the file for its readers once they are interrupted


class Readers:
    """Lends cursors, unless it is shut.

    Attributes:
        changing: held while that changes.
    """

    def __init__(self) -> None:
        self.changing = threading.Condition()
        self._lent: set[duckdb.DuckDBPyConnection] = set()
        self._shut = False

    @property
    def is_shut(self) -> bool:
        """Whether none is lent now."""
        return self._shut

    @contextmanager
    def lend(self, make: Callable[[], Lent]) -> Iterator[duckdb.DuckDBPyConnection]:
        """Lend a cursor that a function makes, along with what it is given back by.

        Raises:
            OverloadedError: the file is being opened anew, which takes longer than a reader waits.
        """
        with self.changing:
            if not self.changing.wait_for(lambda: not self._shut, PATIENCE_S):
                raise OverloadedError("the database is being opened anew", retry_after_s=PATIENCE_S)
            cursor, give_back = make()
            self._lent.add(cursor)
        try:
            yield cursor
        finally:
            with suppress(duckdb.Error):  # it was closed meanwhile
                give_back()
            with self.changing:
                self._lent.discard(cursor)
                self.changing.notify_all()

    def shut(self) -> None:
        """Lend no more, and end what runs; none is open when this returns."""
        with self.changing:
            self._shut = True
            for cursor in self._lent:
                with suppress(duckdb.Error):
                    cursor.interrupt()
            self.changing.wait_for(lambda: not self._lent, PATIENCE_S)
            for cursor in self._lent:  # of whoever reads slowly
                with suppress(duckdb.Error):
                    cursor.close()

    def open(self) -> None:
        """Lend again."""
        with self.changing:
            self._shut = False
            self.changing.notify_all()
