"""``/api/v1/alerts``: what is wrong now and was, and who looks after it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from starlette.concurrency import run_in_threadpool
from starlette.routing import Route

from otel_agents.collector.access.principal import ANYBODY, CURRENT
from otel_agents.collector.api.errors import bad_request
from otel_agents.collector.api.work import Workers, read_json, whole
from otel_agents.collector.meters import PREFIX

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.requests import Request
    from starlette.responses import Response

    from otel_agents.collector.api.metrics import Gauge
    from otel_agents.collector.meters import Labels
    from otel_agents.collector.store.store import Store
    from otel_agents.collector.watching.watch import Watch
    from otel_agents.model import Alert

HISTORY: Final = 200  # of the newest changes
MAX_MINUTES: Final = 525_600  # a year
_LONGEST: Final = 500  # characters of a name


def alert_routes(watch: Watch | None, store: Store) -> list[Route]:
    """Make the routes.

    Args:
        watch: what looks for alerts; None where nobody does.
        store: what is read by those who want to know of now, and not of the last look.
    """
    workers = Workers(1)

    async def show(request: Request) -> Response:
        now = whole(request, "now", 0, 1, 0)

        def question() -> dict[str, Any]:
            if watch is None:
                return {"watched": False}
            if now:
                with store.read():  # what was acknowledged is stored from here on
                    pass
                watch.look()
            return _everything(watch)

        return await workers.answer(question)

    async def acknowledge(request: Request) -> Response:
        body, on = await read_json(request), _on(watch)
        name, subject, by = _text(body, "name", None), _text(body, "subject", None), _text(body, "by", _who())
        if name is None:
            raise bad_request('the body must be {"name": "…", "subject": "…", "by": "…"}; without a subject, all of it')
        known = await run_in_threadpool(on.acknowledge, name, subject, str(by))
        return await workers.answer(lambda: {"acknowledged": known})

    async def silence(request: Request) -> Response:
        body, on = await read_json(request), _on(watch)
        minutes = body.get("minutes")
        if isinstance(minutes, bool) or not isinstance(minutes, int | float) or not 0 <= minutes <= MAX_MINUTES:
            raise bad_request(f"minutes must be a number between 0, which ends a silence, and {MAX_MINUTES}")
        name, subject, by = _text(body, "name", None), _text(body, "subject", None), _text(body, "by", _who())
        await run_in_threadpool(on.silence, name, subject, minutes, str(by))
        return await workers.answer(lambda: {"silences": [one._asdict() for one in on.alerts.silences]})

    return [
        Route("/api/v1/alerts", show),
        Route("/api/v1/alerts/acknowledge", acknowledge, methods=["POST"]),
        Route("/api/v1/alerts/silence", silence, methods=["POST"]),
    ]


def _who() -> str:
    """Say who asks; of a collector without keys nobody knows."""
    who = CURRENT.get()
    return "somebody" if who is ANYBODY else who.name


def _on(watch: Watch | None) -> Watch:
    if watch is None:
        raise bad_request("this collector does not watch what it stores", "start it with alerts = true")
    return watch


def _text(body: dict[str, Any], name: str, default: str | None) -> str | None:
    value = body.get(name)
    if value is None:
        return default
    if not isinstance(value, str) or len(value) > _LONGEST:
        raise bad_request(f"{name} must be a text of at most {_LONGEST} characters")
    return value


def _everything(watch: Watch) -> dict[str, Any]:
    alerts = watch.alerts
    return {
        "watched": True,
        "alerts": [_alert(one) for one in alerts.active],
        "history": [_alert(one) for one in reversed(alerts.history[-HISTORY:])],
        "silences": [one._asdict() for one in alerts.silences],
        "thresholds": dict(watch.thresholds),
        "rules": [
            {"name": rule.name, "expression": rule.expression, "severity": rule.severity}
            for rule in alerts.rules.values()
        ],
        "channels": [{"name": name, **counts} for name, counts in watch.notices.items()],
    }


def _alert(alert: Alert) -> dict[str, object]:
    return {**alert.as_dict(), "id": alert.id}


def gauges(watch: Watch) -> Iterator[Gauge]:
    """Give what ``/metrics`` tells of alerts."""
    firing = Counter(one.severity for one in watch.alerts.active if one.state == "firing" and not one.silenced)
    severities: list[tuple[Labels, float]] = [
        ((("severity", name),), float(firing[name])) for name in ("low", "medium", "high", "critical")
    ]
    yield f"{PREFIX}alerts_firing", "gauge", "Alerts that fire and are not silenced.", severities
    notices: list[tuple[Labels, float]] = [
        ((("channel", channel), ("outcome", outcome)), float(number))
        for channel, counts in watch.notices.items()
        for outcome, number in sorted(counts.items())
    ]
    yield f"{PREFIX}alert_notices_total", "counter", "Notices by channel and what became of them.", notices
    missed: list[tuple[Labels, float]] = [((), float(watch.arrivals.missed))]
    yield f"{PREFIX}spans_unwatched_total", "counter", "Spans that came faster than they could be looked at.", missed
