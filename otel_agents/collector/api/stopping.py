"""Answers what the end of the collector cuts off: 503, come again."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from otel_agents.collector.api.errors import error_response

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Stopping:
    """ASGI middleware around the application; a request that is cancelled has an answer for all that.

    Args:
        app: the application.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        begun = False

        async def noted(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, noted)
        except asyncio.CancelledError:
            if begun:
                raise
            await error_response(503, "unavailable", "the collector is stopping")(scope, receive, send)
