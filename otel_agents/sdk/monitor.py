"""monitor_operation, which begins an operation, and current_operation, which finds the one around."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar, cast

from opentelemetry.context import _RUNTIME_CONTEXT
from opentelemetry.trace import get_current_span
from opentelemetry.trace.propagation import _SPAN_KEY

from otel_agents import conventions
from otel_agents.sdk import runtime
from otel_agents.sdk.operation import NOTHING, Operation
from otel_agents.sdk.propagation import LeftOut
from otel_agents.sdk.values import PLAIN, attribute_values

if TYPE_CHECKING:
    from collections.abc import Iterable

    from opentelemetry.trace import Link, Span, SpanContext

F = TypeVar("F", bound=Callable[..., Any])

_NAMED = frozenset({"type", "tool", "model", "provider", "workflow", "user_id", "session_id", "tenant", "links"})
_MODEL_OPERATIONS = frozenset({"chat", "text_completion", "generate_content", "embeddings"})


def _monitor_operation(name: str, agent_name: str | None = None, **given: Any) -> Operation:
    now = runtime.current
    if not now.enabled:
        runtime.say_unconfigured()
        return NOTHING
    if _RUNTIME_CONTEXT.get_current().get(_SPAN_KEY).__class__ is LeftOut:
        return NOTHING  # before anything else is looked at: what is not sampled costs next to nothing
    if _NAMED.isdisjoint(given):
        attributes = given if PLAIN.issuperset(map(type, given.values())) else attribute_values(given)
        return Operation(name, "agent" if agent_name else "other", attributes, agent_name)
    take = given.pop
    span_type, links = take("type", None), take("links", None)
    tool, model, workflow = take("tool", None), take("model", None), take("workflow", None)
    provider = take("provider", None)
    user_id, session_id, tenant = take("user_id", None), take("session_id", None), take("tenant", None)
    attributes = given if PLAIN.issuperset(map(type, given.values())) else attribute_values(given)
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
        said = {conventions.SESSION_ID: session_id, conventions.USER_ID: user_id, conventions.TENANT: tenant}
        who = {key: str(value) for key, value in said.items() if value is not None}
    span_type = span_type or _type_of(agent_name, tool, model, workflow)
    return Operation(name, span_type, attributes, agent_name, who, links)


def _run_by(function: Callable[..., Any]) -> Callable[[F], F]:
    """Have ``function`` run in the place of the one decorated, which says what it takes and does.

    Python compares each keyword it does not know with every name in the signature: with attributes as keywords, that
    takes longer than all the rest of an operation that is not recorded.
    """

    def documented_by(signature: F) -> F:
        return cast("F", functools.update_wrapper(function, signature))

    return documented_by


@_run_by(_monitor_operation)
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
    raise AssertionError("another function runs in its place")


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
