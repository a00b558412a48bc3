"""Queries that were saved under a name, in the state. Each tenant has its own, and so have those who are of none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete, func, insert, select, update

from otel_agents.collector.state.tables import SAVED_QUERIES

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection

_OF_NONE = ""  # the owner of what is of no tenant


@dataclass(frozen=True, slots=True)
class SavedQuery:
    """A query as it is kept. ``changed`` is UTC without a zone; ``changed_by`` the name of a key."""

    name: str
    sql: str
    about: str
    changed: datetime
    changed_by: str


def read_all(connection: Connection, tenant: str | None) -> list[SavedQuery]:
    """Read all of an owner, by name."""
    named = SAVED_QUERIES.c.name
    wanted = select(SAVED_QUERIES).where(_of(tenant)).order_by(func.lower(named), named)
    return [
        SavedQuery(row["name"], row["sql"], row["about"], row["changed"], row["changed_by"])
        for row in connection.execute(wanted).mappings()
    ]


def keep(connection: Connection, tenant: str | None, query: SavedQuery) -> bool:
    """Keep a query, in the place of one of that name; return whether it is a new one."""
    values = {"sql": query.sql, "about": query.about, "changed": query.changed, "changed_by": query.changed_by}
    found = connection.execute(update(SAVED_QUERIES).where(_named(tenant, query.name)).values(**values))
    if found.rowcount:
        return False
    connection.execute(insert(SAVED_QUERIES).values(owner=tenant or _OF_NONE, name=query.name, **values))
    return True


def rename(connection: Connection, tenant: str | None, name: str, to: str) -> bool:
    """Give a query another name, which no other may have; return whether there is one."""
    found = connection.execute(update(SAVED_QUERIES).where(_named(tenant, name)).values(name=to))
    return bool(found.rowcount)


def remove(connection: Connection, tenant: str | None, name: str) -> bool:
    """Remove a query; return whether there was one."""
    return bool(connection.execute(delete(SAVED_QUERIES).where(_named(tenant, name))).rowcount)


def _of(tenant: str | None) -> ColumnElement[bool]:
    return SAVED_QUERIES.c.owner == (tenant or _OF_NONE)


def _named(tenant: str | None, name: str) -> ColumnElement[bool]:
    return _of(tenant) & (SAVED_QUERIES.c.name == name)
