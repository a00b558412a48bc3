"""monitor_operation, which begins an operation, and current_operation, which finds the one around."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from opentelemetry.context import _RUNTIME_CONTEXT
from opentelemetry.trace import NonRecordingSpan, get_current_span
from opentelemetry.trace.propagation import _SPAN_KEY

from otel_agents import conventions
from otel_agents.sdk import runtime
from otel_agents.sdk.operation import NOTHING, Operation
from otel_agents.sdk.values import PLAIN, attribute_values

if TYPE_CHECKING:
    from collections.abc import Iterable

    from opentelemetry.trace import Link, Span, SpanContext

_type = type  # monitor_operation has an argument of that name
_MODEL_OPERATIONS = frozenset({"chat", "text_completion", "generate_content", "embeddings"})


def monitor_operation(
    name: str,
    agent_name: str | None = None,
    *,
    type: str | None = None,  # noqa: A002  the word users know
    tool: str | None = None,
    model: str | None = None,
    provider: str | None = None,
    workflow: str | None = None,
    user_id: str | None = None,
    session_id: str | None = None,
    tenant: str | None = None,
    links: Iterable[SpanContext | Span | Link] | None = None,
    **attributes: Any,
) -> Operation:
    """Trace a block of code, in sync and async code alike.

    ``with monitor_operation("user_request", agent_name="ChatAgent", user_id="u-17") as op: ...``

    Args:
        name: the span's name.
        agent_name: the agent at work.
        type: agent, model, tool, workflow, message or other; without it, what the other arguments say.
        tool: the tool that is called.
        model: the model that is called.
        provider: who serves the model, such as openai, anthropic or gcp.gemini.
        workflow: the workflow that is run.
        user_id: who it is for; reaches every span below.
        session_id: the session it belongs to; reaches every span below.
        tenant: the customer it is done for; reaches every span below.
        links: spans this one follows from.
        attributes: further attributes of the span.
    """
    if not runtime.current.enabled:
        runtime.say_unconfigured()
        return NOTHING
    if left_out():
        return NOTHING
    span_type = _type_of(agent_name, tool, model, workflow) if type is None else type
    if not PLAIN.issuperset(map(_type, attributes.values())):
        attributes = attribute_values(attributes)
    if tool:
        attributes[conventions.TOOL_NAME] = tool
    if model:
        attributes[conventions.REQUEST_MODEL] = model
    if workflow:
        attributes[conventions.WORKFLOW_NAME] = workflow
    if provider:
        attributes[conventions.PROVIDER_NAME] = provider
    who: dict[str, Any] | None = None
    if user_id is not None or session_id is not None or tenant is not None:
        given = {conventions.SESSION_ID: session_id, conventions.USER_ID: user_id, conventions.TENANT: tenant}
        who = {key: str(value) for key, value in given.items() if value is not None}
    return Operation(name, span_type, attributes, agent_name, who, links)


def left_out() -> bool:
    """Say whether the span around is not sampled, so that one below it is not either."""
    around = _RUNTIME_CONTEXT.get_current().get(_SPAN_KEY)
    lean = runtime.current.lean
    return around.__class__ is NonRecordingSpan and lean is not None and lean.leaves_out(around)


def _type_of(agent: str | None, tool: str | None, model: str | None, workflow: str | None) -> str:
    return "model" if model else "tool" if tool else "workflow" if workflow else "agent" if agent else "other"


def current_operation() -> Operation:
    """Give the operation around, to say more of it: inside a decorated function, or where no handle is at hand.

    Outside of every operation it is one that records nothing. A span that other instrumentation made serves as well.
    """
    span = get_current_span()
    if not span.is_recording():
        return NOTHING
    attributes = getattr(span, "attributes", None) or {}
    calls_model = attributes.get(conventions.OPERATION_NAME) in _MODEL_OPERATIONS
    span_type = str(attributes.get(conventions.SPAN_TYPE) or ("model" if calls_model else "other"))
    operation = Operation(str(getattr(span, "name", "")), span_type, dict(attributes))
    operation.span = span
    return operation
