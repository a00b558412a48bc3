"""The collector's wiring: what feeds what; it starts in the order written here and stops in the reverse."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeVar

import uvicorn
from starlette.applications import Starlette

from otel_agents.collector.access.audit import AuditLog
from otel_agents.collector.access.doorkeeper import Doorkeeper
from otel_agents.collector.access.keyring import Keyring
from otel_agents.collector.api.access import LOGIN, Access, Visible
from otel_agents.collector.api.alerts import gauges
from otel_agents.collector.api.errors import EXCEPTION_HANDLERS
from otel_agents.collector.api.guard import Guard
from otel_agents.collector.api.metrics import Looked, Measured
from otel_agents.collector.api.routes import routes
from otel_agents.collector.api.stopping import Stopping
from otel_agents.collector.connections import BoundedConnection
from otel_agents.collector.handoff import MemoryBudget
from otel_agents.collector.intake.intake import Intake
from otel_agents.collector.intake.journal import Journal
from otel_agents.collector.live import LiveFeed
from otel_agents.collector.logs import say
from otel_agents.collector.meters import Meters
from otel_agents.collector.programs import Programs
from otel_agents.collector.receiver.otlp_grpc import otlp_grpc
from otel_agents.collector.receiver.otlp_http import otlp_http
from otel_agents.collector.receiver.receiver import Receiver
from otel_agents.collector.receiver.redact import BatchRedactor
from otel_agents.collector.retention import Retention
from otel_agents.collector.slow import said_when_slow
from otel_agents.collector.state.database import FILE, Database
from otel_agents.collector.store.duckdb import DuckDBStore
from otel_agents.collector.store.fresh import Fresh
from otel_agents.collector.store.recovery import Recovery
from otel_agents.collector.watching.watch import Watch
from otel_agents.errors import CollectorError
from otel_agents.machine import MachineResources

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import grpc.aio
    from starlette.types import ASGIApp

    from otel_agents.collector.options import CollectorSettings
    from otel_agents.collector.store.store import Commit

T = TypeVar("T")

DATABASE: Final = "spans.duckdb"
JOURNAL: Final = "journal"
MAX_FILES: Final = 65_536  # open at once, connections among them
GRACE_S: Final = 1  # what open connections get at the end; storing what was accepted comes after


@dataclass(frozen=True, slots=True)
class Listening:
    """The ports in use, which differ from the settings where those are 0, and how its owner gets in.

    Attributes:
        key: what the commands of whoever can read the data folder show.
        path: of the page to open; with keys, that of a link that works once.
    """

    port: int
    grpc_port: int
    key: str = field(repr=False)
    path: str = field(repr=False)


async def serve(
    settings: CollectorSettings,
    http: socket.socket,
    announce: Callable[[Listening], None],
    ending: Callable[[], None] = lambda: None,
) -> None:
    """Run a collector until SIGINT or SIGTERM; what was accepted is stored before it returns.

    Args:
        settings: its options.
        http: the bound socket of OTLP/HTTP, the API and the pages.
        announce: is called once every port is open.
        ending: is called when it is told to stop, before it does.

    Raises:
        CollectorError: it cannot start; the message says what to do.
    """
    async with AsyncExitStack() as stack:
        stop = stack.enter_context(_stop_signal())
        stopping = stack.enter_context(ExitStack())
        _allow_connections()

        meters = Meters()
        database = settings.folder / DATABASE
        set_aside = threading.Event()

        def opened() -> tuple[DuckDBStore, Journal]:
            store = DuckDBStore(database, memory_bytes=settings.memory_bytes, set_aside=set_aside)
            return store, Journal(settings.folder / JOURNAL, stored=store.stored())

        with said_when_slow(lambda: _opening(settings.folder)):
            store, journal = await _unless_stopped(opened, stop)
        stack.callback(store.close)
        recovery = Recovery(store, database, set_aside, meters.recovered)
        stack.callback(recovery.close)
        live = LiveFeed()
        budget = MemoryBudget(settings.queue_bytes)
        watch = None
        if settings.alerts:
            watch = Watch(store, settings, meters, MachineResources(str(settings.folder)).gauge)
            store.on_stored = watch.arrivals.put
            stack.callback(watch.close)
        write = meters.timed_commit(store.write)
        intake = Intake(write, live.publish, store.check_room, budget, journal, meters.set_aside, store.interrupt)
        stack.callback(intake.close)
        programs = Programs(store, live.publish)
        stack.callback(programs.close)
        retention = Retention(store, meters, settings.keep_days, settings.keep_bytes)
        stack.callback(retention.close)

        state = Database(settings.shared_state or settings.folder / FILE)
        stack.callback(state.close)
        door = _door(settings, state, meters, stack)

        workers = stack.enter_context(ThreadPoolExecutor(max_workers=2, thread_name_prefix="decode"))
        leave = [name.strip() for name in settings.redact_leave.split(",") if name.strip()]
        redactor = BatchRedactor(settings.redact, leave, meters)
        receiver = Receiver(intake, budget, workers, settings.max_request_bytes, meters, redactor, programs)
        grpc_server = otlp_grpc(receiver, settings.max_request_bytes, door.sender)
        grpc_port = _bind(grpc_server, settings.host, settings.grpc_port)
        await grpc_server.start()

        port = http.getsockname()[1]
        visible = Visible(Fresh(store, intake.catch_up))
        looked = _looked(settings.folder, budget, intake, watch, store)
        check, damaged, memory = store.check, recovery.damaged, settings.query_memory_bytes
        api = routes(visible, live, meters, looked, check, damaged, door, port, watch, state, memory)
        web = Starlette(routes=[*otlp_http(receiver), *api], exception_handlers=EXCEPTION_HANDLERS)
        guarded = Guard(Access(web, door, port), settings.host)
        web_server = _WebServer(_web_config(Stopping(Measured(guarded, meters))))
        serving = asyncio.create_task(web_server.serve([http]))

        async def stop_receiving() -> None:
            live.close()
            await asyncio.gather(web_server.stop(serving), grpc_server.stop(GRACE_S))

        stack.push_async_callback(stop_receiving)
        if watch is not None:
            watch.start()
        link = f"{LOGIN}#{door.keyring.new_code()}" if door.keyring.required else "/"
        announce(Listening(port, grpc_port, door.keyring.local_key, link))
        await stop.wait()
        ending()
        stopping.enter_context(said_when_slow(lambda: "Stopping; what was acknowledged is being stored"))


def _opening(folder: Path) -> str:
    log = folder / f"{DATABASE}.wal"
    size = log.stat().st_size if log.exists() else 0
    return f"Opening {folder / DATABASE}; {size // 1_000_000:,} MB of its log are read first"


async def _unless_stopped(work: Callable[[], T], stop: asyncio.Event) -> T:
    """Do what takes long before the work begins; a signal ends the process meanwhile, as it is safe to be killed."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def run() -> None:
        try:
            result = work()
        except BaseException as error:  # noqa: BLE001 - raised below
            loop.call_soon_threadsafe(done.set_exception, error)
        else:
            loop.call_soon_threadsafe(done.set_result, result)

    threading.Thread(target=run, name="opening", daemon=True).start()
    asked = asyncio.create_task(stop.wait())
    either: set[asyncio.Future[Any]] = {done, asked}
    await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
    asked.cancel()
    if not done.done():
        say("Stopped before it was open; nothing is lost")
        os._exit(0)
    return done.result()


def _door(settings: CollectorSettings, state: Database, meters: Meters, stack: AsyncExitStack) -> Doorkeeper:
    required = settings.require_keys or not settings.on_loopback
    audit = AuditLog(state, meters, on=required)
    stack.callback(audit.close)
    keyring = Keyring(state, required=required)
    stack.callback(keyring.close)
    if not (settings.on_loopback or keyring.has_keys):
        raise CollectorError(
            f"on {settings.host} others can reach it, and there is no key they would need: make one with"
            " `otel-agents keys create NAME --scope ingest,read`, or listen on 127.0.0.1"
        )
    return Doorkeeper(keyring, audit, meters, settings.key_requests, settings.key_records)


def _looked(
    folder: Path, budget: MemoryBudget, intake: Intake[Commit], watch: Watch | None, store: DuckDBStore
) -> Looked:
    database = folder / DATABASE
    files = {"database": database, "log": database.with_name(database.name + ".wal"), "journal": folder / JOURNAL}
    sizes: dict[str, tuple[str, Callable[[], float]]] = {
        "queue_bytes": ("Bytes of requests from their arrival until they are stored.", lambda: budget.taken),
        "backlog_bytes": ("Bytes of what is acknowledged and not in the database yet.", lambda: intake.backlog),
        "open_spans": ("Spans without an end whose programs run.", lambda: store.open_spans("open")),
        "abandoned_spans": ("Spans without an end that will have none.", lambda: store.open_spans("abandoned")),
    }
    return Looked(folder, files, sizes, None if watch is None else lambda: gauges(watch))


def _web_config(web: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(
        web,
        http=BoundedConnection,
        ws="none",
        loop="asyncio",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_S,
    )


def _allow_connections() -> None:
    """Raise how many files may be open, of which each connection is one: shells often allow a mere 1,024."""
    with suppress(ImportError, ValueError, OSError):  # there is no such limit on Windows
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if soft != resource.RLIM_INFINITY:
            most = MAX_FILES if hard == resource.RLIM_INFINITY else min(hard, MAX_FILES)
            resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, most), hard))


class _WebServer(uvicorn.Server):
    async def stop(self, serving: asyncio.Task[None]) -> None:
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)  # connections cut from here on are no errors
        self.should_exit = True
        await serving

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield  # they are ours: the end is the end of `serve`, in its order


def _bind(server: grpc.aio.Server, host: str, port: int) -> int:
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    try:
        return int(server.add_insecure_port(address))
    except RuntimeError:
        raise CollectorError(f"cannot listen on {host}, port {port}, for OTLP/gRPC") from None


@contextmanager
def _stop_signal() -> Iterator[asyncio.Event]:
    """An event that SIGINT and SIGTERM set; a second signal ends the process at once."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def handle(number: int, _frame: object) -> None:
        signal.signal(number, signal.SIG_DFL)
        loop.call_soon_threadsafe(stop.set)

    for number in before:
        signal.signal(number, handle)
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
