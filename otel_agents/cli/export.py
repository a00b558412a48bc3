"""``otel-agents export``: writes the spans, metrics or logs of a time range or a trace into a file."""

from __future__ import annotations

import argparse
import re
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final
from urllib.parse import urlencode

from otel_agents.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable

# By signal: what the file is called, and one of what is in it, and several.
_NAMES: Final = {
    "traces": ("spans", "span", "spans"),
    "metrics": ("metrics", "data point", "data points"),
    "logs": ("logs", "log record", "log records"),
}
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def register(subparsers: Any) -> None:
    """Declare the command and its options."""
    parser = subparsers.add_parser(
        "export", help="write spans, metrics or logs into a file: Parquet, OTLP's JSON or CSV"
    )
    parser.add_argument("--signal", choices=tuple(_NAMES), default="traces", help="what to write (default: traces)")
    parser.add_argument("--output", metavar="FILE", help="default: spans.parquet, …; - is standard output")
    parser.add_argument("--format", choices=("parquet", "otlp-json", "csv"), help="default: by FILE's name, or parquet")
    parser.add_argument("--since", type=moment, metavar="TIME", help="2026-09-21, 2026-09-21T13:33 (UTC), or 2h, 7d")
    parser.add_argument("--until", type=moment, metavar="TIME", help="what begins before, written as --since is")
    parser.add_argument("--hours", type=_hours, dest="since", metavar="N", help="the last N hours")
    parser.add_argument("--trace", metavar="ID", help="of one trace")
    parser.add_argument("--url", help="address of the collector (default: $OTEL_AGENTS_URL or http://127.0.0.1:4318)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Export; how many spans there were goes to stderr.

    Raises:
        OtelAgentsError: no collector answers, there is no such trace, or the file cannot be written.
    """
    from otel_agents.cli import formats
    from otel_agents.cli.client import Client, collector_url
    from otel_agents.cli.writing import whole_file

    ending = Path(args.output or "").suffix.lower()
    name = args.format or ("parquet" if ending == "" else formats.SUFFIXES.get(ending))
    if name is None:
        raise ConfigurationError(f"what to write into {args.output}? Say --format {', '.join(formats.WRITERS)}")
    suffix = {kind: ending for ending, kind in reversed(formats.SUFFIXES.items())}[name]
    file_name, one, several = _NAMES[args.signal]
    output = args.output or f"{file_name}{suffix}"
    wanted = {
        "signal": args.signal,
        "since": args.since and args.since.isoformat(),
        "until": args.until and args.until.isoformat(),
        "trace": args.trace,
    }
    path = f"/api/v1/export?{urlencode({key: value for key, value in wanted.items() if value})}"
    client = Client(collector_url(args.url))
    if output == "-":
        records = _export(client.stream, path, formats.WRITERS[name], sys.stdout.buffer)
        sys.stdout.buffer.flush()
    else:
        with whole_file(Path(output)) as partial, partial.open("wb") as file:
            records = _export(client.stream, path, formats.WRITERS[name], file)
    where = "" if output == "-" else f" in {output}"
    print(f"{records:,} {one if records == 1 else several}{where}", file=sys.stderr)
    return 0


def _export(stream: Callable[[str], Any], path: str, write: Callable[[Any, BinaryIO], int], out: BinaryIO) -> int:
    import pyarrow as pa  # commands start without it

    with stream(path) as sent, pa.ipc.open_stream(sent) as batches:
        return write(batches, out)


def moment(text: str) -> datetime:
    """Read a time: a date, a date and time (UTC where it names no zone), or how long ago."""
    if ago := re.fullmatch(r"(\d{1,6}(?:\.\d+)?)([smhd])", text):
        return datetime.now(UTC) - timedelta(seconds=float(ago[1]) * _SECONDS[ago[2]])
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected a time such as 2026-09-21T13:33 or 2h, got {text!r}") from None
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _hours(text: str) -> datetime:
    try:
        return moment(f"{text}h")
    except argparse.ArgumentTypeError:
        raise argparse.ArgumentTypeError(f"expected a number of hours, got {text!r}") from None
