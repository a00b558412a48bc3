"""``otel-agents backup``: copies all a running collector has stored into a database file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    import argparse


def register(subparsers: Any) -> None:
    """Declare the command and its options."""
    parser = subparsers.add_parser("backup", help="copy everything into a database file, while the collector runs")
    parser.add_argument("file", metavar="FILE", help="written anew; as spans.duckdb in a data folder it is used again")
    parser.add_argument("--url", help="address of the collector (default: $OTEL_AGENTS_URL or http://127.0.0.1:4318)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Copy; all of it is of one moment.

    Raises:
        OtelAgentsError: no collector answers, it is of another version, or the file cannot be written.
    """
    from otel_agents.cli.client import Client, collector_url
    from otel_agents.cli.writing import whole_file

    path = Path(args.file)
    with Client(collector_url(args.url)).stream("/api/v1/backup") as sent, whole_file(path) as partial:
        spans = _copy(sent, partial)
    print(f"{spans:,} {'span' if spans == 1 else 'spans'}, and all else, in {path}", file=sys.stderr)
    return 0


def _copy(sent: BinaryIO, path: Path) -> int:
    """Make a database of the streams of all tables; return how many spans there are."""
    import pyarrow as pa  # commands start without them

    from otel_agents.collector.query.export import TABLES
    from otel_agents.collector.store.opening import VERSIONS, open_database
    from otel_agents.errors import CollectorError

    database = open_database(path, memory_bytes=1 << 30)
    try:
        database.begin()
        for table in TABLES:
            with pa.ipc.open_stream(sent) as rows:
                if rows.schema.metadata != {b"table": table.encode()}:
                    raise CollectorError("the collector is of another version than this command")
                database.register("incoming", rows)
                database.execute(f"DELETE FROM {table}")  # noqa: S608 - names of ours
                database.execute(f"INSERT INTO {table} BY NAME SELECT * FROM incoming")  # noqa: S608 - as above
                database.unregister("incoming")
            if table == "schema_version":
                ((version,),) = database.execute("SELECT max(version) FROM schema_version").fetchall()
                if version != max(VERSIONS):
                    raise CollectorError("the collector is of another version than this command")
        database.commit()
        database.execute("CHECKPOINT")
        ((spans,),) = database.execute("SELECT count(*) FROM span_data").fetchall()
    finally:
        database.close()
    return int(spans)
