"""``GET /`` and ``/ui/…``: the pages, files as they are."""

from __future__ import annotations

import mimetypes
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.responses import FileResponse
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

if TYPE_CHECKING:
    import os

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import Scope

# What the machine believes of these endings may differ, and a browser runs no module of another type.
for _ending, _type in {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}.items():
    mimetypes.add_type(_type, _ending)

_FOLDER = Path(str(files("otel_agents.collector") / "ui"))
_ASK_EACH_TIME = {"Cache-Control": "no-cache"}  # the files change with the package; 304 when they did not


class _Files(StaticFiles):
    def file_response(
        self, full_path: str | os.PathLike[str], stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers.update(_ASK_EACH_TIME)
        return response


def page_routes() -> list[BaseRoute]:
    """Make the routes."""

    async def index(_request: Request) -> Response:
        return FileResponse(_FOLDER / "index.html", headers=_ASK_EACH_TIME)

    return [Route("/", index), Mount("/ui", _Files(directory=_FOLDER))]
