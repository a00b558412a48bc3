"""Who a request comes from, and what that one may do."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final

SCOPES: Final = ("ingest", "read", "admin")


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks.

    Attributes:
        id: of the key; None for who uses none.
        name: how the audit log calls it.
        scopes: what it may do, of ``SCOPES``, or ``change`` and ``backup`` without the keys; ``admin`` is all.
        tenant: whose records it writes and reads alone; None for all.
    """

    id: str | None
    name: str
    scopes: frozenset[str]
    tenant: str | None = None

    def may(self, scope: str) -> bool:
        """Whether it has a scope."""
        return scope in self.scopes or "admin" in self.scopes


# Whoever reaches a collector that asks for no keys: everything but keys and the audit log is theirs.
ANYBODY: Final = Principal(None, "anybody", frozenset({"ingest", "read", "change", "backup"}))
# Whoever can read the data folder, or followed a link that its owner was given.
ADMINISTRATOR: Final = Principal(None, "owner", frozenset(SCOPES))

# Who the request is from that is being answered. Unset outside of requests, where nothing is read for anybody.
CURRENT: Final[ContextVar[Principal]] = ContextVar("otel_agents_principal")
