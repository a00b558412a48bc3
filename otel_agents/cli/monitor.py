"""``otel-agents monitor``: how the agents are, on the terminal; once, live, as a file, or as alerts."""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING, Any, Final

from otel_agents.cli import options, source
from otel_agents.errors import CollectorError, CollectorUnreachable, OtelAgentsError

if TYPE_CHECKING:
    import argparse

    from rich.console import Console, RenderableType

    from otel_agents.cli.source import Row, Source

_COULD_NOT_LOOK: Final = 2  # cron must tell it from an alert


def register(subparsers: Any) -> None:
    """Declare the command and its options."""
    parser = subparsers.add_parser(
        "monitor",
        help="show how the agents are; --live goes on showing it",
        description="Shows status, agents, tools and costs of the last minutes. With --alerts, prints the alerts that "
        "fire: exit code 0 where none does, 1 where one does, 2 where nobody could look.",
    )
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--live", action="store_true", help="go on until Ctrl-C")
    what.add_argument("--alerts", action="store_true", help="print the alerts that fire; exit code 1 where one does")
    parser.add_argument("--export", choices=("json", "markdown"), help="print it as a document")
    parser.add_argument("--minutes", type=options.minutes, default=60, help="how far back (default: 60)")
    parser.add_argument(
        "--interval",
        type=options.seconds,
        default=2.0,
        metavar="S",
        help="seconds between frames (default: 2)",
    )
    alerts = parser.add_argument_group("alerts")
    alerts.add_argument(
        "--severity", choices=("low", "medium", "high", "critical"), default="low", help="only those at least this bad"
    )
    alerts.add_argument(
        "--rule",
        action="append",
        default=[],
        metavar="NAME[/SEVERITY][=EXPRESSION]",
        help="a rule beside those of the thresholds, such as 'slow chat/high=p95(5m, agent=Chat) > 5s', or the name "
        "of a ready-made one; may be given several times",
    )
    alerts.add_argument(
        "--threshold", action="append", default=[], metavar="NAME=NUMBER", help="such as error_rate=5; may be repeated"
    )
    source.add_options(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Show what was asked for.

    Raises:
        OtelAgentsError: nothing answers, or an option is wrong.
    """
    if args.alerts:
        return _alerts(args)
    if args.export and args.live:
        raise CollectorError("--export prints a document once: leave out --live")
    where = source.open_source(args)
    if args.export:
        print(_document(args.export, where.overview(args.minutes)), end="")
        return 0
    try:
        from rich.console import Console
    except ModuleNotFoundError:
        print("otel-agents: rich is missing: pip install 'otel-agents[collector]'", file=sys.stderr)
        return _COULD_NOT_LOOK
    console = Console(highlight=False, emoji=False, markup=False)
    if args.live and console.is_terminal and not console.is_dumb_terminal:
        return _live(where, console, args.minutes, args.interval)
    console.print(_frame(where, args.minutes, console, None, _once(where)))
    return 0


def _alerts(args: argparse.Namespace) -> int:
    from otel_agents.cli.watching import Watcher, told_by, write

    try:
        where = source.open_source(args)
        told = None if args.rule or args.threshold else where.alerts(now=True)
        if told is not None:
            found = told_by(told, args.severity)
            nothing = f"No alert: {len(told['rules']) + len(told['thresholds'])} rules of the collector"
        else:
            watcher = Watcher(where, args.rule, args.threshold)
            found = watcher.look(args.severity)
            nothing = f"No alert: {watcher.rules} rules, {watcher.spans:,} spans of the last hour"
    except OtelAgentsError as error:
        print(f"otel-agents: {error}", file=sys.stderr)
        return _COULD_NOT_LOOK
    write(found, nothing, args.export, sys.stdout)
    return int(any(alert.state == "firing" for alert in found))


def _live(where: Source, console: Console, minutes: int, interval: float) -> int:
    """Show frames until Ctrl-C; a new size shows at once, and a collector that is away is waited for."""
    import signal
    import threading

    from rich.live import Live

    now = threading.Event()
    if hasattr(signal, "SIGWINCH"):
        signal.signal(signal.SIGWINCH, lambda *_: now.set())
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the terminal is left as it was
    figures: Row | None = None
    fault, asked = "", 0.0
    try:
        with Live(
            console=console, screen=True, auto_refresh=False, redirect_stdout=False, redirect_stderr=False
        ) as live:
            while True:
                now.clear()
                if figures is None or time.monotonic() - asked >= interval * 0.9:
                    asked = time.monotonic()
                    try:
                        figures, fault = _figures(where, minutes), ""
                        facts = _facts(where, minutes, figures["running"])
                    except (CollectorError, CollectorUnreachable) as error:
                        fault = fault or f"{time.strftime('%H:%M:%S')} {error}"
                        if figures is None:  # wrong from the start: said on the plain terminal
                            raise
                foot = fault or f"{time.strftime('%H:%M:%S')} · every {interval:g} s · Ctrl-C to leave"
                live.update(_screen(figures, facts, foot, console), refresh=True)
                now.wait(max(0.05, interval - (time.monotonic() - asked)))
    except KeyboardInterrupt:
        return 0


def _screen(figures: Row, facts: list[str], foot: str, console: Console) -> RenderableType:
    from otel_agents.cli.screen import frame

    return frame(figures, facts, foot, console.width, console.height)


def _frame(where: Source, minutes: int, console: Console, height: int | None, foot: str) -> RenderableType:
    from otel_agents.cli.screen import frame

    figures = _figures(where, minutes)
    return frame(figures, _facts(where, minutes, figures["running"]), foot, console.width, height)


def _figures(where: Source, minutes: int) -> Row:
    """Return the overview; its reasons are the alerts that fire, where somebody watches."""
    figures = where.overview(minutes)
    told = where.alerts(now=False)
    if told is not None:
        firing = [one["message"] for one in told["alerts"] if one["state"] == "firing" and not one["silenced"]]
        figures["health"]["reasons"] = firing or figures["health"]["reasons"]
    return figures


def _facts(where: Source, minutes: int, running: int) -> list[str]:
    from otel_agents.cli import words

    uptime = where.uptime_s()
    return [
        *([f"{running} running"] if running else []),
        *([] if uptime is None else [f"Uptime: {words.lasted(uptime)}"]),
        words.period(minutes).capitalize(),
    ]


def _once(where: Source) -> str:
    return f"{where.now():%Y-%m-%d %H:%M:%S} UTC · {where.name}"


def _document(kind: str, figures: Row) -> str:
    if kind == "json":
        return json.dumps(figures, indent=2, ensure_ascii=False) + "\n"
    from otel_agents.cli.markdown import overview

    return overview(figures)
