"""What a tenant can see: connections on which every table and view is that tenant's part of it.

A connection's temporary views hide what the database has under their names, so whatever runs there, a question of ours
or the SQL of a user, means the tenant's rows alone and need not be changed. Making them takes 40 ms, so they are kept.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from contextlib import suppress
from importlib.resources import files
from typing import TYPE_CHECKING, Final

import duckdb

if TYPE_CHECKING:
    from collections.abc import Callable

KEPT: Final = 32  # connections, of all tenants together

_VIEWS: Final = (files("otel_agents.collector.store") / "schema" / "views.sql").read_text("utf-8")
_TABLES: Final = """
SELECT table_name, bool_or(column_name = 'tenant')
FROM duckdb_tables() JOIN duckdb_columns() USING (database_name, schema_name, table_name)
WHERE database_name = current_database() AND NOT duckdb_tables.internal AND NOT duckdb_tables.temporary
GROUP BY table_name
"""


class TenantConnections:
    """Lends connections.

    Args:
        connect: makes one that sees everything.
    """

    def __init__(self, connect: Callable[[], duckdb.DuckDBPyConnection]) -> None:
        self._connect = connect
        self._lock = threading.Lock()
        self._idle: OrderedDict[int, tuple[str, duckdb.DuckDBPyConnection]] = OrderedDict()  # the longest idle first

    def take(self, tenant: str) -> duckdb.DuckDBPyConnection:
        """Lend one that sees a tenant's rows alone, in no transaction."""
        with self._lock:
            for number in reversed(self._idle):
                if self._idle[number][0] == tenant:
                    return self._idle.pop(number)[1]
        connection = self._connect()
        try:
            _narrow(connection, tenant)
        except BaseException:
            connection.close()
            raise
        return connection

    def give_back(self, tenant: str, connection: duckdb.DuckDBPyConnection) -> None:
        """Take one back; what its transaction made is undone."""
        try:
            with suppress(duckdb.TransactionException):  # there is none any more
                connection.execute("ROLLBACK")
        except BaseException:
            connection.close()
            raise
        with self._lock:
            self._idle[id(connection)] = (tenant, connection)
            oldest = self._idle.popitem(last=False)[1][1] if len(self._idle) > KEPT else None
        if oldest is not None:
            oldest.close()

    def close(self) -> None:
        """Close those that nobody has."""
        with self._lock:
            idle = [connection for _, connection in self._idle.values()]
            self._idle.clear()
        for connection in idle:
            connection.close()


def _narrow(connection: duckdb.DuckDBPyConnection, tenant: str) -> None:
    """Hide every table behind the tenant's part of it; one that does not say whose its rows are is empty then."""
    ((database,),) = connection.execute("SELECT current_database()").fetchall()
    whose = "tenant = '" + tenant.replace("'", "''") + "'"
    for table, has_tenant in connection.execute(_TABLES).fetchall():
        connection.execute(
            f'CREATE TEMP VIEW "{table}" AS SELECT * FROM "{database}".main."{table}"'  # noqa: S608 - names are ours
            f" WHERE {whose if has_tenant else 'false'}"
        )
    connection.execute(_VIEWS.replace("CREATE OR REPLACE VIEW", "CREATE TEMP VIEW"))
