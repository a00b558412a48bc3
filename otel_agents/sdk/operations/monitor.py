"""monitor_operation and message, which begin an operation, and current_operation, which finds the one around."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar, cast

from opentelemetry.context import _RUNTIME_CONTEXT
from opentelemetry.trace import get_current_span
from opentelemetry.trace.propagation import _SPAN_KEY

from otel_agents import conventions
from otel_agents.sdk import runtime
from otel_agents.sdk.context.identity import as_text
from otel_agents.sdk.context.propagation import LeftOut
from otel_agents.sdk.operations.operation import NOTHING, Operation
from otel_agents.sdk.values import PLAIN, attribute_values

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from otel_agents.sdk.operations.communication import Message
    from otel_agents.sdk.operations.handle import Linked

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
        who = {key: as_text(value) for key, value in said.items() if value is not None}
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
    links: Iterable[Linked] | Linked | None = None,
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
        links: spans this one follows from; also as the carriers of messages and hand-overs.
        attributes: further attributes of the span.
    """
    raise AssertionError("another function runs in its place")


def _type_of(agent: str | None, tool: str | None, model: str | None, workflow: str | None) -> str:
    return "model" if model else "tool" if tool else "workflow" if workflow else "agent" if agent else "other"


def message(
    source: str,
    target: str,
    type: str = "text",  # noqa: A002  the word users know
    size: int | str | bytes | None = None,
    *,
    received: Mapping[str, str] | None = None,
    reply_to: Message | Mapping[str, str] | None = None,
    retries: int = 0,
    processing_time: float | None = None,
    response_time: float | None = None,
    context_size: int | str | bytes | None = None,
    relevance: float | None = None,
    links: Iterable[Linked] | Linked | None = None,
    **attributes: Any,
) -> Message:
    """Trace a message from one agent to another, where it is sent and where it is processed.

    ``with message("Planner", "Writer", "task", size=body) as sent: queue.put((body, sent.carrier))``, and where it
    arrives, ``with message("Planner", "Writer", "task", received=carrier): ...``

    The span of the receiver links to that of the sender, however late and wherever it is, and has the session, user,
    tenant and labels of the sender. Without a block, ``message(…).send()`` records the message and gives its carrier.

    Args:
        source: the agent that sends.
        target: the agent that receives.
        type: what kind of message it is, such as text, task or answer.
        size: bytes; or what is sent itself, to be measured.
        received: the carrier that came with the message, where it is processed. The block's time is the processing
            time, and that since it was sent the time in the queue.
        reply_to: the message this one answers, or its carrier; who receives the answer then knows the response time.
        retries: how often it was sent or processed before.
        processing_time: seconds the target worked on it, where something else has measured it.
        response_time: seconds until the answer was there, where something else has measured it.
        context_size: bytes of context that go with the message; or the context itself, to be measured.
        relevance: how relevant that context is, from 0 to 1.
        links: further spans this one follows from, as in :func:`monitor_operation`.
        attributes: further attributes of the span.
    """
    from otel_agents.sdk.operations.communication import begin_message  # for programs that use it

    measures = {
        conventions.MESSAGE_PROCESSING_TIME: processing_time,
        conventions.MESSAGE_RESPONSE_TIME: response_time,
        conventions.MESSAGE_CONTEXT_SIZE: context_size,
        conventions.MESSAGE_RELEVANCE: relevance,
    }
    return begin_message(source, target, type, size, received, reply_to, retries, links, measures, attributes)


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
