"""``GET /metrics``: the collector about itself, for Prometheus; and the times of the API's own answers."""

from __future__ import annotations

import shutil
from importlib.metadata import version
from time import perf_counter
from typing import TYPE_CHECKING, Final

import psutil
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.routing import Route

from otel_agents.collector.meters import PREFIX, Labels, Meters

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from starlette.requests import Request
    from starlette.types import ASGIApp, Receive, Scope, Send

CONTENT_TYPE: Final = "text/plain; version=0.0.4"
_API: Final = "/api/v1/"
_ENDLESS: Final = "live"  # answers for as long as somebody listens

Gauge = tuple[str, str, str, list[tuple[Labels, float]]]


class Looked:
    """The numbers that are looked up when somebody asks.

    Args:
        folder: of the data.
        files: what is in it: a name, and a file or a folder; ``journal`` among them.
        sizes: sizes in memory: name, meaning, and what tells it in bytes.
        more: gives further ones.
    """

    def __init__(
        self,
        folder: Path,
        files: dict[str, Path],
        sizes: dict[str, tuple[str, Callable[[], float]]],
        more: Callable[[], Iterator[Gauge]] | None = None,
    ) -> None:
        self._more = more
        self._folder = folder
        self._files = files
        self._sizes = sizes
        self._process = psutil.Process()

    def __iter__(self) -> Iterator[Gauge]:
        for name, (meaning, tell) in self._sizes.items():
            yield f"{PREFIX}{name}", "gauge", meaning, [((), tell())]
        sizes: list[tuple[Labels, float]] = [
            ((("file", name),), float(_size(path))) for name, path in self._files.items()
        ]
        yield f"{PREFIX}disk_bytes", "gauge", "Disk the data takes.", sizes
        aside = float(sum(1 for _ in self._files["journal"].glob("*.arrow")))
        meaning = "Acknowledged batches the database did not take; they are files in the journal."
        yield f"{PREFIX}batches_set_aside", "gauge", meaning, [((), aside)]
        free = float(shutil.disk_usage(self._folder).free)
        yield f"{PREFIX}disk_free_bytes", "gauge", "Disk that is free where the data is.", [((), free)]
        told: Labels = (("version", version("otel-agents")),)
        yield f"{PREFIX}info", "gauge", "Which version this is.", [(told, 1)]
        if self._more is not None:
            yield from self._more()
        with self._process.oneshot():
            memory, times = self._process.memory_info().rss, self._process.cpu_times()
            started = self._process.create_time()
        yield "process_resident_memory_bytes", "gauge", "Memory the process has.", [((), float(memory))]
        yield "process_cpu_seconds_total", "counter", "CPU the process used.", [((), times.user + times.system)]
        yield "process_start_time_seconds", "gauge", "When the process started.", [((), started)]


def _size(path: Path) -> int:
    try:
        return sum(each.stat().st_size for each in path.iterdir()) if path.is_dir() else path.stat().st_size
    except FileNotFoundError:  # not made yet, or no longer there
        return 0


class Measured:
    """ASGI middleware that times the answers of the API."""

    def __init__(self, app: ASGIApp, meters: Meters) -> None:
        self._app = app
        self._meters = meters

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        path = scope.get("path", "")
        resource = path.removeprefix(_API).partition("/")[0] if path.startswith(_API) else _ENDLESS
        began = perf_counter()
        await self._app(scope, receive, send)
        if resource != _ENDLESS and "endpoint" in scope:  # an unknown path has none
            self._meters.observe("query_seconds", perf_counter() - began, resource=resource)


def metrics_routes(meters: Meters, looked: Looked) -> list[Route]:
    """Make the routes."""

    async def metrics(_request: Request) -> Response:
        return Response(await run_in_threadpool(meters.text, looked), media_type=CONTENT_TYPE)

    return [Route("/metrics", metrics)]
