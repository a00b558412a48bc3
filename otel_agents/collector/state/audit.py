"""The log of what was done, in the state: the newest so many entries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, func, insert, select

from otel_agents.collector.state.tables import AUDIT

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection

KEPT: Final = 100_000  # entries


@dataclass(frozen=True, slots=True)
class Entry:
    """Who did what, when, and what came of it. ``time`` is UTC without a zone."""

    time: datetime
    key_id: str | None
    who: str
    tenant: str | None
    action: str
    subject: str
    outcome: str  # done, refused, failed
    detail: str = ""


def add(connection: Connection, entries: Sequence[Entry]) -> None:
    """Append entries, and forget the oldest beyond ``KEPT``."""
    names = [column.name for column in AUDIT.columns if column.name != "number"]
    connection.execute(insert(AUDIT), [{name: getattr(entry, name) for name in names} for entry in entries])
    last = connection.execute(select(func.max(AUDIT.c.number))).scalar_one()
    connection.execute(delete(AUDIT).where(AUDIT.c.number <= last - KEPT))


def read(
    connection: Connection, *, limit: int, before: int | None = None, action: str | None = None, who: str | None = None
) -> list[tuple[int, Entry]]:
    """Read entries with their numbers, the newest first.

    Args:
        connection: to the state.
        limit: the most to read.
        before: only those with a smaller number.
        action: only those of this action.
        who: only those of a key of this name or id.
    """
    wanted = select(AUDIT).order_by(AUDIT.c.number.desc()).limit(limit)
    if before is not None:
        wanted = wanted.where(AUDIT.c.number < before)
    if action is not None:
        wanted = wanted.where(AUDIT.c.action == action)
    if who is not None:
        wanted = wanted.where((AUDIT.c.who == who) | (AUDIT.c.key_id == who))
    rows = [dict(row) for row in connection.execute(wanted).mappings()]
    return [(row.pop("number"), Entry(**row)) for row in rows]
