"""The keys, in the state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, or_, select, update

from otel_agents.collector.state.tables import KEYS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class Key:
    """A key as it is kept. Times are UTC without a zone; ``last_used`` is right to the minute."""

    id: str
    name: str
    hash: str  # SHA-256, in hex
    scopes: frozenset[str]
    tenant: str | None
    created: datetime
    expires: datetime | None
    last_used: datetime | None = None
    revoked: datetime | None = None

    def works(self, now: datetime) -> bool:
        """Whether it lets anybody in."""
        return self.revoked is None and (self.expires is None or now < self.expires)


def read_all(connection: Connection) -> list[Key]:
    """Read all keys, the oldest first."""
    return [_key(row) for row in connection.execute(select(KEYS).order_by(KEYS.c.created, KEYS.c.id)).mappings()]


def add(connection: Connection, key: Key) -> None:
    """Keep a new key."""
    values = {column.name: getattr(key, column.name) for column in KEYS.columns}
    connection.execute(insert(KEYS), values | {"scopes": " ".join(sorted(key.scopes))})


def revoke(connection: Connection, named: str, now: datetime) -> list[Key]:
    """Revoke the key of an id, or all of a name, and return those that were not before."""
    which = or_(KEYS.c.id == named, KEYS.c.name == named) & KEYS.c.revoked.is_(None)
    found = [_key(row) for row in connection.execute(select(KEYS).where(which)).mappings()]
    connection.execute(update(KEYS).where(which).values(revoked=now))
    return found


def note_use(connection: Connection, used: Mapping[str, datetime]) -> None:
    """Keep when keys, by their ids, were last used."""
    for key_id, when in used.items():
        connection.execute(update(KEYS).where(KEYS.c.id == key_id).values(last_used=when))


def _key(row: Any) -> Key:
    return Key(**{**row, "scopes": frozenset(row["scopes"].split())})
