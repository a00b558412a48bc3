"""The sessions of the pages, in the state: they outlive a restart of the collector."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select

from otel_agents.collector.state.tables import SESSIONS

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Connection


@dataclass(frozen=True, slots=True)
class Session:
    """One browser that is let in; ``hash`` is that of its cookie. Without a key it is the owner's."""

    hash: str
    key_id: str | None
    created: datetime
    expires: datetime


def read_all(connection: Connection, now: datetime) -> list[Session]:
    """Read the sessions that are not over."""
    return [Session(**row) for row in connection.execute(select(SESSIONS).where(SESSIONS.c.expires > now)).mappings()]


def add(connection: Connection, session: Session) -> None:
    """Keep a new session, and forget those that are over."""
    connection.execute(delete(SESSIONS).where(SESSIONS.c.expires <= session.created))
    values = {column.name: getattr(session, column.name) for column in SESSIONS.columns}
    connection.execute(insert(SESSIONS), values)


def remove(connection: Connection, hashed: str) -> None:
    """End a session."""
    connection.execute(delete(SESSIONS).where(SESSIONS.c.hash == hashed))
