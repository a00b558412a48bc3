"""All routes of the API and the pages, as one list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from otel_agents.collector.api.alerts import alert_routes
from otel_agents.collector.api.export import export_routes
from otel_agents.collector.api.health import health_routes
from otel_agents.collector.api.keys import key_routes
from otel_agents.collector.api.live import live_routes
from otel_agents.collector.api.login import login_routes
from otel_agents.collector.api.metrics import Looked, metrics_routes
from otel_agents.collector.api.overview import overview_routes
from otel_agents.collector.api.pages import page_routes
from otel_agents.collector.api.queries import saved_query_routes
from otel_agents.collector.api.schema import schema_routes
from otel_agents.collector.api.sql import sql_routes
from otel_agents.collector.api.traces import trace_routes
from otel_agents.collector.api.work import Workers

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.routing import BaseRoute

    from otel_agents.collector.access.doorkeeper import Doorkeeper
    from otel_agents.collector.live import LiveFeed
    from otel_agents.collector.meters import Meters
    from otel_agents.collector.state.database import Database
    from otel_agents.collector.store.damage import Damage
    from otel_agents.collector.store.store import ChangingStore
    from otel_agents.collector.watching.watch import Watch


def routes(
    store: ChangingStore,
    live: LiveFeed,
    meters: Meters,
    looked: Looked,
    check: Callable[[], None],
    damaged: Callable[[], list[Damage]],
    door: Doorkeeper,
    port: int,
    watch: Watch | None,
    state: Database,
    query_memory: int,
) -> list[BaseRoute]:
    """Make them; errors they raise are answered by ``errors.EXCEPTION_HANDLERS``.

    ``guard.Guard`` and ``access.Access`` stand before: what a path needs that is not listed there is most.

    Args:
        store: what is read; it shows each who asks what they may see.
        live: tells of commits.
        meters: what was counted.
        looked: what is looked up when ``/metrics`` is asked for.
        check: raises when the collector cannot store or answer now.
        door: knows keys and sessions.
        port: the collector listens on.
        state: where what is no telemetry is kept.
        query_memory: the most bytes a user's query may take.
        watch: watches what is stored; None where nobody does.
        damaged: tells what files were set aside.
    """
    pages = Workers(2)
    return [
        *health_routes(check, damaged),
        *metrics_routes(meters, looked),
        *sql_routes(store, door.audit, query_memory),
        *saved_query_routes(state),
        *overview_routes(store, pages),
        *alert_routes(watch, store),
        *trace_routes(store, pages),
        *schema_routes(store, pages),
        *live_routes(live),
        *export_routes(store),
        *login_routes(door, port),
        *key_routes(door),
        *page_routes(),
    ]
