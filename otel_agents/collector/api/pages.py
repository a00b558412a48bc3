"""``GET /``, ``/login`` and ``/ui/…``: the pages, files as they are.

The index names every file below a stamp, ``/ui/STAMP/app.js``, which stands for the files' present state; modules
import one another by relative paths and so inherit it. What is under today's stamp never changes, and a browser need
not ask for it again; everything else it asks for each time.
"""

from __future__ import annotations

import hashlib
import mimetypes
import re
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.responses import HTMLResponse
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
_ASK_EACH_TIME = {"Cache-Control": "no-cache"}  # 304 when the file did not change
_KEEP = {"Cache-Control": "public, max-age=31536000, immutable"}
_STAMP = re.compile("[0-9a-f]{16}")
_STAMPED = "otel_agents.stamped"  # in the scope of a request with a stamp: whether it is today's


def _state() -> str:
    """Stand for the state of all files: it differs when one was changed, added or taken away."""
    state = hashlib.sha256()
    for file in sorted(_FOLDER.rglob("*")):
        now = file.stat()
        state.update(f"{file.relative_to(_FOLDER)} {now.st_mtime_ns} {now.st_size}\n".encode())
    return state.hexdigest()[:16]


class _Files(StaticFiles):
    """The files.

    Attributes:
        stamp: what the index last said; "" before it was asked for.
    """

    stamp = ""

    def get_path(self, scope: Scope) -> str:
        """Give the file's path, with the stamp taken off."""
        path = super().get_path(scope)
        first, _, rest = path.partition("/")
        if not _STAMP.fullmatch(first):
            return path
        scope[_STAMPED] = first == self.stamp
        return rest

    def file_response(
        self, full_path: str | os.PathLike[str], stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers.update(_KEEP if scope.get(_STAMPED) else _ASK_EACH_TIME)
        return response


def page_routes() -> list[BaseRoute]:
    """Make the routes."""
    pages = _Files(directory=_FOLDER)

    def page(name: str) -> Response:
        pages.stamp = _state()
        text = (_FOLDER / name).read_text("utf-8")
        return HTMLResponse(text.replace('"/ui/', f'"/ui/{pages.stamp}/'), headers=_ASK_EACH_TIME)

    async def index(_request: Request) -> Response:
        return page("index.html")

    async def login(_request: Request) -> Response:
        return page("login.html")

    return [Route("/", index), Route("/login", login), Mount("/ui", pages)]
