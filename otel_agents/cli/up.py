"""``otel-agents up``: runs the collector until Ctrl-C."""

from __future__ import annotations

import asyncio
import errno
import json
import logging
import os
import socket
import sys
import threading
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from otel_agents.cli.local import STATE_FILE
from otel_agents.errors import CollectorError
from otel_agents.settings import load

if TYPE_CHECKING:
    import argparse

    from otel_agents.collector.app import Listening
    from otel_agents.collector.options import CollectorSettings


END_S: Final = 4.0  # from the signal on
# What a thread that decodes keeps the interpreter for while one that answers a page wants it, which happens many times
# a page: with Python's 5 ms pages take a fifth longer under load.
SWITCH_S: Final = 0.001


def register(subparsers: Any) -> None:
    """Declare the command and its options."""
    parser = subparsers.add_parser("up", help="run the collector: receives traces, stores them, shows them")
    parser.add_argument("--config", metavar="FILE", help="file of settings, as collector-config/otel-agents.toml")
    parser.add_argument("--host", help="address to listen on (default 127.0.0.1)")
    parser.add_argument("--port", help="port of OTLP/HTTP, the API and the pages (default 4318; 0: any free one)")
    parser.add_argument("--grpc-port", help="port of OTLP/gRPC (default 4317; 0: any free one)")
    parser.add_argument(
        "--require-keys", action="store_true", default=None, help="demand keys on loopback too, as on shared machines"
    )
    parser.add_argument("--data", help="folder of the data (default: otel-agents in your own data folder)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run a collector in this process.

    Raises:
        ConfigurationError: an option has a wrong value.
        CollectorError: it cannot start.
    """
    from otel_agents.collector.logs import say, set_up
    from otel_agents.collector.options import CollectorSettings

    given = {name: getattr(args, name) for name in ("host", "port", "grpc_port", "data", "require_keys")}
    settings = load(CollectorSettings, given, file=None if args.config is None else Path(args.config))
    set_up(settings.log_format, settings.log_level)
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")  # its core writes lines of its own form
    # What Arrow gives back by itself, after 0.1 s, it takes anew the next moment, page by page. Store and intake
    # have it give memory back, once a group of spans and when nothing comes in any more.
    os.environ.setdefault("MIMALLOC_PURGE_DELAY", "60000")  # ms
    try:
        return _run(settings)
    except CollectorError as error:  # said by the command itself where lines are for people
        if settings.log_format != "json":
            raise
        say(str(error), logging.ERROR)
        return 1


def _run(settings: CollectorSettings) -> int:
    from otel_agents.collector.logs import say
    from otel_agents.collector.slow import said_when_slow

    sys.setswitchinterval(SWITCH_S)
    # The port is open before the imports that take long, so whoever comes early waits instead of being refused.
    with _listen(settings.host, settings.port, "--port") as http:
        if settings.grpc_port:
            _listen(settings.host, settings.grpc_port, "--grpc-port").close()
        try:
            with said_when_slow(lambda: "Starting; loading what it is made of"):
                from otel_agents.collector.app import serve
        except ModuleNotFoundError as error:
            print(f"otel-agents: {error.name} is missing: pip install 'otel-agents[collector]'", file=sys.stderr)
            return 2
        os.umask(0o077)  # what is stored is for this user alone
        state = settings.folder / STATE_FILE
        try:
            announce = partial(_announce, settings, state)
            asyncio.run(serve(settings, http, announce, partial(_leave, state)))
        finally:
            _remove_own(state)
        if settings.log_format == "json":
            say("Stopped; what was acknowledged is safe")
    return 0


def _leave(state: Path) -> None:
    """See that the process is gone in time: what is not done by then, the next start does, as after a kill."""
    from otel_agents.collector.logs import say

    def leave() -> None:
        say("Stopped before all was moved into the database; nothing is lost, and the next start goes on with it")
        _remove_own(state)
        os._exit(0)

    end = threading.Timer(END_S, leave)
    end.daemon = True
    end.start()


def _listen(host: str, port: int, option: str) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except OSError as error:
        raise CollectorError(f"cannot listen on {host}: {error.strerror}") from None
    listener = socket.socket(family, kind, protocol)
    try:
        if os.name == "posix":  # elsewhere this would let two programs share the port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(2048)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise CollectorError(
                f"port {port} is in use on {host}, perhaps by another collector; choose another with {option}"
            ) from None
        raise CollectorError(f"cannot listen on {host}, port {port}: {error.strerror}") from None
    return listener


def _announce(settings: CollectorSettings, state: Path, listening: Listening) -> None:
    from otel_agents.collector.logs import say

    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104 - how to reach it from here
    host = f"[{host}]" if ":" in host else host
    url = f"http://{host}:{listening.port}"
    found = {
        "pid": os.getpid(),
        "url": url,
        "port": listening.port,
        "grpc_port": listening.grpc_port,
        "key": listening.key,
    }
    state.unlink(missing_ok=True)  # whose permissions would be kept
    state.write_text(json.dumps(found) + "\n")
    if settings.log_format == "json":  # without the link: whoever reads it gets in
        fields = {"pid": os.getpid(), "url": url, "grpc_port": listening.grpc_port, "data": str(settings.folder)}
        say(f"otel-agents {version('otel-agents')} is ready", fields=fields)
        return
    once = "   (works once; `otel-agents login` prints another)" if "#" in listening.path else ""
    print(
        f"otel-agents {version('otel-agents')}\n"
        f"  open       {url}{listening.path.rstrip('/')}{once}\n"
        f"  data       {settings.folder}\n"
        f"  OTLP/HTTP  {url}\n"
        f"  OTLP/gRPC  {host}:{listening.grpc_port}\n"
        "Ctrl-C to stop",
        flush=True,
    )


def _remove_own(state: Path) -> None:
    try:
        if json.loads(state.read_text())["pid"] == os.getpid():
            state.unlink()
    except (OSError, ValueError, KeyError):
        pass  # never written, or gone already
