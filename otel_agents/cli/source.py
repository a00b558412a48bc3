"""Where the commands read: a running collector, or a Parquet file of spans that was exported from one."""

from __future__ import annotations

import re
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from otel_agents.cli.client import Client, collector_url
from otel_agents.cli.statements import statement
from otel_agents.conventions import SPAN_STATE
from otel_agents.errors import CollectorError, CollectorUnreachable, ConfigurationError, QueryError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from duckdb import DuckDBPyConnection

Row = dict[str, Any]


class Source(Protocol):
    """What answers questions about spans."""

    name: str  # what it is, to show

    def now(self) -> datetime:
        """Return the end of what is looked at: the time it is, or the file's newest span; UTC, without a zone."""

    def overview(self, minutes: int) -> Row:
        """Return the figures of the last minutes, in the shape of ``GET /api/v1/overview``."""

    def ask(self, sql: str) -> list[Row]:
        """Return the rows of a query over ``spans``, by column."""

    def uptime_s(self) -> float | None:
        """Return how long the collector has run; None for a file."""

    def alerts(self, *, now: bool) -> Row | None:
        """Return the alerts of whoever watches, in the shape of ``GET /api/v1/alerts``; None where nobody does.

        Args:
            now: look before, instead of telling of the last look.
        """


def add_options(parser: argparse.ArgumentParser) -> None:
    """Declare where a command reads."""
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--url", help="the collector (default: $OTEL_AGENTS_URL or http://127.0.0.1:4318)")
    where.add_argument("--file", metavar="PARQUET", help="read this file of exported spans instead")


def open_source(args: argparse.Namespace) -> Source:
    """Return what the options of :func:`add_options` name.

    Raises:
        ConfigurationError: the address is none, or the file is not one of spans.
    """
    return Running(collector_url(args.url)) if args.file is None else File(Path(args.file))


class Running:
    """A running collector."""

    def __init__(self, url: str) -> None:
        self.name = url
        self._client = Client(url)

    def now(self) -> datetime:
        """Return the time it is."""
        return datetime.now(UTC).replace(tzinfo=None)

    def overview(self, minutes: int) -> Row:
        """Ask its API."""
        with self._explained():
            return self._client.get(f"/api/v1/overview?minutes={minutes}")  # type: ignore[no-any-return]  # JSON

    def ask(self, sql: str) -> list[Row]:
        """Ask its API."""
        with self._explained():
            answer = self._client.post("/api/v1/sql", {"sql": sql})
        return [dict(zip(answer["columns"], row, strict=True)) for row in answer["rows"]]

    def uptime_s(self) -> float | None:
        """Read when it started from its own metrics."""
        with self._explained():
            started = re.search(r"^process_start_time_seconds (\S+)$", self._client.text("/metrics"), re.MULTILINE)
        return max(0.0, time.time() - float(started[1])) if started else None

    def alerts(self, *, now: bool) -> Row | None:
        """Ask its API."""
        with self._explained():
            try:
                answer = self._client.get(f"/api/v1/alerts?now={now:d}")
            except QueryError as error:
                if error.kind in ("forbidden", "not_found"):  # a tenant's key; an older collector
                    return None
                raise
        return answer if answer["watched"] else None

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except CollectorUnreachable as error:
            raise CollectorUnreachable(f"{error}, or read exported spans with --file") from None
        except QueryError as error:
            raise CollectorError(f"{error}; {error.hint}" if error.hint else str(error)) from None


class File:
    """A Parquet file with the columns of ``spans``. Its time ends with its newest span.

    Raises:
        ConfigurationError: there is no such file, or it is none of spans.
    """

    def __init__(self, path: Path) -> None:
        try:
            import duckdb
        except ModuleNotFoundError:
            raise CollectorError("reading a file needs duckdb: pip install 'otel-agents[collector]'") from None
        if not path.is_file():
            raise ConfigurationError(f"--file: there is no file {path}")
        self.name = str(path)
        self._connection = duckdb.connect()
        try:
            self._connection.read_parquet(str(path)).create_view("exported")
            self._connection.execute("SET TimeZone = 'UTC'")
            self._connection.execute(
                "CREATE VIEW spans AS SELECT * REPLACE (start_time::TIMESTAMP AS start_time,"
                " end_time::TIMESTAMP AS end_time, attributes::JSON AS attributes)"
                " FROM exported"
            )
            # What the collector keeps as tables of its own.
            self._connection.execute(
                "CREATE VIEW trace_ranges AS SELECT trace_id, min(start_time) AS first, max(start_time) AS last,"
                " TRY_CAST('0x' || right(trace_id, 16) AS UBIGINT) AS key, 0 AS batch FROM spans GROUP BY trace_id"
            )
            self._connection.execute("CREATE VIEW span_data AS SELECT *, 0 AS batch FROM spans")
            # Nothing is summed up beforehand.
            self._connection.execute("CREATE TABLE rollup_state AS SELECT 0 AS batch, TIMESTAMP '9999-12-31' AS since")
            self._connection.execute(
                f"CREATE VIEW open_data AS SELECT trace_id, span_id, attributes->>'{SPAN_STATE}' AS state"  # noqa: S608 - ours
                " FROM spans WHERE end_time IS NULL"
            )
            newest = self._connection.execute(statement("newest")).fetchall()[0][0]
        except duckdb.Error:
            raise ConfigurationError(f"--file: {path} is not a Parquet file of spans") from None
        self._now = datetime.now(UTC).replace(tzinfo=None) if newest is None else newest + timedelta(microseconds=1)

    @contextmanager
    def read(self) -> Iterator[DuckDBPyConnection]:
        """Lend a cursor: to the collector's own questions this is a store."""
        cursor = self._connection.cursor()
        try:
            yield cursor
        finally:
            cursor.close()

    def now(self) -> datetime:
        """Return when its newest span ended."""
        return self._now

    def overview(self, minutes: int) -> Row:
        """Ask what the collector would."""
        from otel_agents.collector.query.overview import overview

        return overview(self, minutes, self._now)

    def ask(self, sql: str) -> list[Row]:
        """Run the query."""
        from otel_agents.collector.query.values import to_json

        with self.read() as cursor:
            cursor.execute(sql)
            columns = [column[0] for column in cursor.description or ()]
            return [dict(zip(columns, map(to_json, row), strict=True)) for row in cursor.fetchall()]

    def uptime_s(self) -> float | None:
        """Return nothing: a file does not run."""
        return None

    def alerts(self, *, now: bool) -> Row | None:  # noqa: ARG002 - as above
        """Return nothing: nobody watches a file."""
        return None
