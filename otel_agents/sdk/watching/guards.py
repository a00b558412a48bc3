"""Who may stop an operation before it begins: budgets and loops. With nobody, an operation does not ask."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from opentelemetry.context import _RUNTIME_CONTEXT
from opentelemetry.trace import get_current_span

from otel_agents import conventions
from otel_agents.dialects import span_type
from otel_agents.errors import OtelAgentsError
from otel_agents.sdk import faults, runtime
from otel_agents.sdk.context import identity

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from otel_agents.alerts.budgets import Call

    Guard = Callable[[str, Call], None]

_guards: dict[str, Guard] = {}


def put(name: str, guard: Guard | None) -> None:
    """Have ``guard(span type, call)`` asked before each operation begins; None: no more."""
    if guard is None:
        _guards.pop(name, None)
    else:
        _guards[name] = guard
    runtime.guard = _ask if _guards else None
    runtime.guard_others = ask_for_others if _guards else None


def set_aside() -> Callable[[], None]:
    """Begin with nobody; give what brings back those there were."""
    aside = dict(_guards)
    _guards.clear()
    runtime.guard = runtime.guard_others = None

    def bring_back() -> None:
        _guards.clear()
        _guards.update(aside)
        runtime.guard = _ask if _guards else None
        runtime.guard_others = ask_for_others if _guards else None

    return bring_back


def _ask(type_: str, agent: str | None, attributes: Mapping[str, Any], who: Mapping[str, Any] | None) -> None:
    if type_ not in ("model", "tool", "agent"):
        return
    try:
        call = whose(agent, attributes, who)
    except Exception as error:  # noqa: BLE001  a fault of ours does not stop the program
        faults.report("asking before an operation", error)
        return
    for guard in tuple(_guards.values()):
        try:
            guard(type_, call)
        except OtelAgentsError:
            raise  # what the user asked for
        except Exception as error:  # noqa: BLE001
            faults.report("asking before an operation", error)


def ask_for_others(attributes: Mapping[str, Any]) -> None:
    """Ask before a span of another instrumentation begins, unless it is inside a model call that was asked for."""
    if conventions.SPAN_TYPE in attributes:
        return  # of ours, and was asked for
    around: Any = getattr(get_current_span(_RUNTIME_CONTEXT.get_current()), "attributes", None) or {}
    if around.get(conventions.SPAN_TYPE) != "model":
        _ask(span_type(attributes), None, attributes, None)


def whose(
    agent: str | None = None, attributes: Mapping[str, Any] | None = None, who: Mapping[str, Any] | None = None
) -> Call:
    """Return whose an operation that begins here would be."""
    context = _RUNTIME_CONTEXT.get_current()
    known = identity.of(context)
    said = {**known.attributes, **(attributes or {}), **(who or {})}
    around = get_current_span(context).get_span_context()
    return call_of(
        {**said, conventions.AGENT_NAME: agent or said.get(conventions.AGENT_NAME) or known.agent},
        around.trace_id if around.is_valid else 0,
    )


def call_of(attributes: Mapping[str, Any], trace_id: int) -> Call:
    """Return whose a call with these attributes, in this trace, is."""
    from otel_agents.alerts.budgets import Call  # for programs with a guard

    get = attributes.get
    return Call(
        run=f"{trace_id:032x}" if trace_id else None,
        session=_text(get(conventions.SESSION_ID)),
        user=_text(get(conventions.USER_ID)),
        tenant=_text(get(conventions.TENANT)),
        agent=_text(get(conventions.AGENT_NAME)),
        model=_text(get(conventions.REQUEST_MODEL) or get(conventions.RESPONSE_MODEL)),
    )


def _text(value: object) -> str | None:
    return None if value is None else str(value)
