"""``otel-agents demo``: a collector, a small team of agents over real work, and the address to see them at."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from contextlib import ExitStack
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from otel_agents.errors import ConfigurationError, OtelAgentsError

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from otel_agents.demo.ledger import Bill
    from otel_agents.demo.model_server import ModelServer
    from otel_agents.demo.run import Outcome
    from otel_agents.demo.screen import Screen

FLUSH_TIMEOUT = 10.0  # seconds


def register(subparsers: Any) -> None:
    """Add the command and its options."""
    parser = subparsers.add_parser(
        "demo",
        help="run a small team of agents, and show where to see them",
        description="Runs a team of agents over real work until Ctrl-C, with a collector if none runs. The model is "
        "OpenAI's when OPENAI_API_KEY is set, else a scripted one on this machine.",
    )
    parser.add_argument("--once", action="store_true", help="run six requests, check that all of it arrived, and end")
    parser.add_argument("--model", help="the model of every agent (default: gpt-5-nano and gpt-5-mini)")
    parser.add_argument(
        "--pace", type=float, metavar="S", help="seconds from request to request (default: 1, with --once 0.3)"
    )
    parser.add_argument("--fast", action="store_true", help="let the scripted model answer at once")
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--url", help="the collector (default: $OTEL_AGENTS_URL or http://127.0.0.1:4318)")
    where.add_argument("--port", type=int, help="the collector's HTTP port on this machine; 0 takes a free one")
    parser.add_argument("--grpc-port", type=int, help="gRPC port of a collector that is started (default: 4317)")
    parser.add_argument("--data", metavar="DIR", help="where a collector that is started keeps its spans")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the demo: 0 when it ended as asked, 1 when spans are missing, 2 when the extra is, 130 when broken off."""
    missing = [name for name in ("openai", "duckdb", "starlette", "uvicorn") if find_spec(name) is None]
    if missing:
        print(f"otel-agents: the demo needs {', '.join(missing)}: pip install 'otel-agents[demo]'", file=sys.stderr)
        return 2
    from otel_agents import configure, shutdown
    from otel_agents.demo.ledger import SpanCounter
    from otel_agents.demo.screen import Screen

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is stopped then too
    screen = Screen()
    with ExitStack() as stack:
        url, folder = _collector(args, stack)
        model = _scripted_model(args, stack)
        # The demo checks that each of its spans arrives: it says what it needs, whatever the OTEL_* variables say.
        configure(
            service_name="otel-agents-demo",
            endpoint=url,
            protocol="http/protobuf",
            traces_exporter="otlp",
            sampler="always_on",
            enabled=True,
            processors=[SpanCounter()],
        )
        stack.callback(shutdown)
        facts = {"open": url, "collector": "was running already" if folder is None else "started for the demo"}
        if folder is not None:
            facts["data"] = str(folder)
        where = os.environ.get("OPENAI_BASE_URL") or "api.openai.com"
        facts["model"] = (
            "scripted, on this machine; set OPENAI_API_KEY for a real one"
            if model
            else f"real, at {where}, billed to your OPENAI_API_KEY"
        )
        screen.facts(facts)
        code = asyncio.run(_ask(args, screen, url, model))
        if folder is not None:
            screen.say(f"  The demo's collector ends with it. To look again: otel-agents up --data {folder}")
        return code


def _collector(args: argparse.Namespace, stack: ExitStack) -> tuple[str, Path | None]:
    """Find the collector, or start one until the stack unwinds; gives its address, and its folder if it was started."""
    from otel_agents.collector.options import CollectorSettings
    from otel_agents.demo.collector import ChildCollector, answers, local_port
    from otel_agents.settings import http_url, load

    if args.port is None:
        try:
            url = http_url(args.url or os.environ.get("OTEL_AGENTS_URL") or "http://127.0.0.1:4318")
        except ValueError as error:
            raise ConfigurationError(f"--url: {error}") from None
    else:
        url = f"http://127.0.0.1:{args.port}"
    if args.port != 0 and answers(url):
        return url, None
    settings = load(CollectorSettings, {"port": local_port(url), "grpc_port": args.grpc_port, "data": args.data})
    child = ChildCollector(settings.port, settings.grpc_port, settings.folder)
    stack.callback(child.stop)
    return child.url, settings.folder


def _scripted_model(args: argparse.Namespace, stack: ExitStack) -> ModelServer | None:
    """Start the scripted model; None where OPENAI_API_KEY is set and the real one answers."""
    if os.environ.get("OPENAI_API_KEY"):
        return None
    from otel_agents.demo.model_server import MODELS, ModelServer

    models = (*MODELS, args.model) if args.model else MODELS
    refuse_every = 12 if args.once else 40
    return stack.enter_context(ModelServer(models=models, pace=float(not args.fast), refuse_every=refuse_every))


async def _ask(args: argparse.Namespace, screen: Screen, url: str, model: ModelServer | None) -> int:
    """Put the requests to the team, then hold what was counted against what arrived."""
    from otel_agents import flush
    from otel_agents.demo.questions import a_few, without_end
    from otel_agents.demo.recorded import Figures, counted
    from otel_agents.demo.run import ask_all, team

    stop = _stop_on_interrupt(screen)
    bills: list[Bill] = []
    total = Figures()

    def done(outcome: Outcome) -> None:
        nonlocal total
        screen.outcome(outcome)
        total += counted([outcome.bill])
        if args.once:
            bills.append(outcome.bill)

    screen.titles()
    async with team(args.model, model) as analysts:
        await ask_all(
            analysts,
            a_few() if args.once else without_end(),
            done,
            pace=args.pace if args.pace is not None else 0.3 if args.once else 1.0,
            at_once=3 if model else 1,  # a real model is asked one question after the other: it costs money
            stop=stop,
        )
    delivered = await asyncio.to_thread(flush, FLUSH_TIMEOUT)
    if args.once and not stop.is_set():
        return _check(screen, url, bills)
    screen.figures(total, None)
    if not delivered:
        screen.say(f"  Not all of it arrived at {url}.")
    return 130 if args.once else int(not delivered)


def _check(screen: Screen, url: str, bills: list[Bill]) -> int:
    """Read the run back from the collector; 0 when it has all of it."""
    from otel_agents.demo.recorded import counted, read_back

    here = counted(bills)
    try:
        there = read_back(url, bills)
    except OtelAgentsError as error:
        screen.figures(here, None)
        screen.say(f"  Not recorded: {error}")
        return 1
    screen.figures(here, there)
    wrong = here.differences(there)
    if wrong:
        figures = ", ".join(f"{getattr(there, name):,} of {getattr(here, name):,} {name}" for name in wrong)
        screen.say(f"  Not all of it arrived: {figures}.")
        return 1
    screen.say(f"  All of it arrived: {url}")
    return 0


def _stop_on_interrupt(screen: Screen) -> asyncio.Event:
    """Give the event that Ctrl-C or SIGTERM sets; a second Ctrl-C does not wait for the requests that run."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()

    def interrupted() -> None:
        stop.set()
        loop.remove_signal_handler(signal.SIGINT)
        screen.say("  Waiting for the requests that run; Ctrl-C again to leave at once.")

    loop.add_signal_handler(signal.SIGINT, interrupted)
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    return stop
