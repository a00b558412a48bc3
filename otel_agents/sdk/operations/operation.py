"""The operation: a span from its beginning to its end, with what goes into a model and comes out of it."""

from __future__ import annotations

from time import time_ns
from typing import TYPE_CHECKING, Any, TypeVar, cast

from opentelemetry.context import _RUNTIME_CONTEXT, Context
from opentelemetry.trace import INVALID_SPAN, SpanKind
from opentelemetry.trace.propagation import _SPAN_KEY

from otel_agents import conventions
from otel_agents.sdk import faults, runtime, unknowns
from otel_agents.sdk.context.identity import put, read
from otel_agents.sdk.context.propagation import IDENTITY, NESTED, NOBODY, Identity, LeftOut, attach_span, detach
from otel_agents.sdk.operations import content
from otel_agents.sdk.operations.handle import Handle, Linked, links_to
from otel_agents.sdk.streams.end import StreamEnd
from otel_agents.sdk.streams.streams import follow
from otel_agents.sdk.trace import deferred
from otel_agents.sdk.values import attribute_values

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import TracebackType

    from otel_agents.sdk.answers.usage import Answer
    from otel_agents.sdk.trace.span import LeanSpan

T = TypeVar("T")

_OPERATIONS = {
    "agent": conventions.OPERATION_INVOKE_AGENT,
    "model": conventions.OPERATION_CHAT,
    "tool": conventions.OPERATION_EXECUTE_TOOL,
    "workflow": conventions.OPERATION_INVOKE_WORKFLOW,
}
_KINDS = {"model": SpanKind.CLIENT}
_BELOW_AN_AGENT = frozenset({"model", "tool", "message"})


class Operation(Handle):
    """One operation that is traced: a context manager, and what can be said about it while it runs.

    Attributes:
        span: the OpenTelemetry span.
    """

    __slots__ = (
        "_answered_ns",
        "_attributes",
        "_first_chunk_ns",
        "_links",
        "_name",
        "_named_by_answer",
        "_stream",
        "_token",
        "_type",
        "_who",
    )

    def __init__(
        self,
        name: str,
        span_type: str,
        attributes: dict[str, Any],
        agent: str | None = None,
        who: dict[str, Any] | None = None,
        links: Iterable[Linked] | Linked | None = None,
        *,
        named_by_answer: bool = False,
    ) -> None:
        self._name = name
        self._type = span_type if span_type in conventions.SPAN_TYPES else "other"
        self._attributes = attributes
        self._agent = agent
        self._who = who
        self._links = links
        self._named_by_answer = named_by_answer
        self._stream: StreamEnd | None = None
        self._answered_ns: int | None = None  # when the last answer was recorded, and
        self._first_chunk_ns: int | None = None  # when a stream began, where those belong to a model call below
        self._failed_with = None
        self._token: Any = None
        self.span = INVALID_SPAN

    # --- Beginning and end ------------------------------------------------------------------------------------------

    def __enter__(self) -> Operation:
        if runtime.guard is not None:
            runtime.guard(self._type, self._agent, self._attributes, self._who)  # raises what the user asked for
        try:
            self._begin()
        except Exception as error:
            faults.report("starting an operation", error)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if self._token is not None:
                detach(self._token)
                self._token = None
            if error is not None and (self._stream is None or isinstance(error, Exception)):  # as a stream's end has it
                self.fail(error)
            if self._stream is not None and not self._stream.release(hand_on=error is None):
                return  # the stream was handed on before anybody read it: it ends the span
            self.end()
        except Exception as fault:
            faults.report("ending an operation", fault)

    def _begin(self) -> None:
        now = runtime.current
        lean = now.lean
        context = _RUNTIME_CONTEXT.get_current()
        trace_id: int | None = None
        if lean is not None and _SPAN_KEY not in context:
            drawn = lean.draw()
            if isinstance(drawn, LeftOut):
                self.span = drawn
                self._token = attach_span(drawn)
                return
            trace_id = drawn
        span_type, agent, attributes = self._type, self._agent, self._attributes
        identity: Identity = context.get(IDENTITY) or NOBODY  # type: ignore[assignment]  # only we write the key
        attributes[conventions.SPAN_TYPE] = span_type
        attributes[conventions.OPERATION_NAME] = _OPERATIONS.get(span_type) or self._name
        nested = False
        below = Context(context)
        baggage = context.get(now.baggage_key)
        if baggage is not identity.baggage:  # such as that of a request
            identity = read(identity, baggage)
            dict.__setitem__(below, IDENTITY, identity)
        if agent is not None:
            attributes[conventions.AGENT] = attributes[conventions.AGENT_NAME] = agent
            nested = identity.agent == agent
        elif identity.agent is not None and span_type in _BELOW_AN_AGENT:
            attributes.setdefault(conventions.AGENT_NAME, identity.agent)
        if self._who:
            put(below, identity, self._who, agent)
        elif agent is not None:
            dict.__setitem__(below, IDENTITY, Identity(identity.attributes, agent, identity.baggage))
        links = links_to(self._links) if self._links else None
        kind = _KINDS.get(span_type, SpanKind.INTERNAL)
        if lean is not None:
            self.span = span = lean.begin(
                self._name, below, kind, attributes, links, None, clean=True, trace_id=trace_id
            )
            if nested and span.is_recording():
                cast("LeanSpan", span).counts_as_request = False
        else:
            if nested:
                dict.__setitem__(below, NESTED, True)
            self.span = span = now.tracer.start_span(self._name, below, kind, attributes, links)
        dict.__setitem__(below, _SPAN_KEY, span)
        self._token = _RUNTIME_CONTEXT.attach(below)

    def end(self) -> None:
        """End the span, where it is one of this operation's own."""
        if self.span.is_recording():
            self.span.end()

    def leave(self) -> None:
        """Go back to the context around, with the span still open."""
        if self._token is not None:
            detach(self._token)
            self._token = None

    # --- While it runs ----------------------------------------------------------------------------------------------

    def usage(
        self,
        *,
        input_tokens: int | None = None,
        output_tokens: int | None = None,
        cache_read_tokens: int | None = None,
        cache_write_tokens: int | None = None,
        reasoning_tokens: int | None = None,
        cost: float | None = None,
        service_tier: str | None = None,
    ) -> None:
        """Record what a model call used. In an operation that is none, it becomes a model call of its own below.

        Args:
            input_tokens: all prompt tokens, cached ones included.
            output_tokens: all answer tokens, reasoning included.
            cache_read_tokens: those of the input that were read from a cache.
            cache_write_tokens: those of the input that were written to a cache.
            reasoning_tokens: those of the output that were reasoning.
            cost: US dollars; without it, the price table says.
            service_tier: what served the call, where that is not the standard tier: batch, flex or priority.
        """
        given = {
            conventions.USAGE_INPUT_TOKENS: input_tokens,
            conventions.USAGE_OUTPUT_TOKENS: output_tokens,
            conventions.USAGE_CACHE_READ_INPUT_TOKENS: cache_read_tokens,
            conventions.USAGE_CACHE_CREATION_INPUT_TOKENS: cache_write_tokens,
            conventions.USAGE_REASONING_OUTPUT_TOKENS: reasoning_tokens,
            conventions.RESPONSE_SERVICE_TIER: service_tier,
        }
        said: dict[str, Any] = {key: value for key, value in given.items() if value is not None}
        if cost is not None:
            try:
                said |= {conventions.COST: float(cost), conventions.COST_SOURCE: "reported"}
            except (TypeError, ValueError) as error:
                faults.report("recording a cost", error)
        if self._type == "model":
            self.set(said)
        elif self.span.is_recording():
            self._safely(self._call_below, lambda call: call.set(said))

    def input(self, messages: Any) -> None:
        """Record what was asked: a text, or messages of any provider. Nothing when content is not captured."""
        if runtime.current.capture_content:
            self._safely(content.put_input, self.span, self._type, messages)

    def output(self, messages: Any) -> None:
        """Record what was answered: a text, or messages of any provider. Nothing when content is not captured."""
        if runtime.current.capture_content:
            self._safely(content.put_output, self.span, self._type, messages)

    def response(self, answer: Any, *, service_tier: str | None = None) -> None:
        """Read a provider's answer: model, id, finish reasons, usage and messages.

        In an operation that is no model call, the answer becomes one of its own below: it begins with the operation, or
        where the answer before was recorded. One of unknown shape gives nothing but, where it is a text, the output.

        Args:
            answer: what the provider's client gave, or its JSON as a dict.
            service_tier: what served the call, where the answer does not say, as those of OpenAI's batches do not.
        """
        if self.span.is_recording():
            self._safely(self._read, answer, service_tier)

    def stream(self, chunks: T) -> T:
        """Pass a provider's stream through, sync or async, and read it: usage, messages, time to the first chunk.

        The operation ends when its block does; a stream returned out of the block keeps it open to the stream's end.
        """
        if not self.span.is_recording():
            return chunks
        self._stream = StreamEnd(self, ends_operation=False, reads=True)
        return cast("T", follow(chunks, self._stream))

    # --- For the decorators and streams -----------------------------------------------------------------------------

    def _read(self, answer: Any, service_tier: str | None) -> None:
        from otel_agents.sdk.answers.usage import (
            read_answer,  # for the first answer: this module is imported at the start
        )

        found = read_answer(answer, content=runtime.current.capture_content)
        if found is not None:
            found.service_tier = service_tier or found.service_tier
            self.record(found)
        elif isinstance(answer, str):
            self.output(answer)
        elif answer is not None:
            unknowns.note_answer(type(answer))

    def record(self, answer: Answer) -> None:
        """Put what an answer says on the span, or on that of a model call below."""
        if self._type != "model":
            if not self._is_traced(answer):
                self._call_below(lambda call: call.record(answer))
            return
        span = self.span
        attributes: dict[str, Any] = {
            conventions.RESPONSE_MODEL: answer.model,
            conventions.RESPONSE_ID: answer.id,
            conventions.RESPONSE_FINISH_REASONS: list(answer.finish_reasons) or None,
            conventions.RESPONSE_SERVICE_TIER: answer.service_tier,
        }
        if conventions.PROVIDER_NAME not in self._attributes:
            attributes[conventions.PROVIDER_NAME] = answer.provider
        if answer.usage is not None:
            from otel_agents.sdk.answers.usage import usage_attributes

            attributes.update(usage_attributes(answer.usage))
        if answer.cost is not None:
            attributes[conventions.COST] = answer.cost
            attributes[conventions.COST_SOURCE] = "reported"
        self.set(attributes)
        if answer.output_messages and runtime.current.capture_content:
            deferred.put(span, conventions.OUTPUT_MESSAGES, content.messages_json, answer.output_messages)
        if answer.model and self._named_by_answer:
            span.update_name(f"{conventions.OPERATION_CHAT} {answer.model}")
        if answer.error and self._failed_with is None:
            self.error(answer.error)

    def first_chunk(self) -> None:
        """Note that a stream's first chunk is here."""
        if self._type == "model":
            self._waited_until(time_ns())
        else:
            self._first_chunk_ns = time_ns()

    def _waited_until(self, first_chunk_ns: int) -> None:
        if started := getattr(self.span, "start_time", None):
            self.set_attribute(conventions.RESPONSE_TIME_TO_FIRST_CHUNK, (first_chunk_ns - started) / 1e9)

    def _is_traced(self, answer: Answer) -> bool:
        """Say whether another instrumentation has traced the call that gave this answer."""
        from otel_agents.sdk.pipeline import besides  # loaded with the pipeline, and not for importing the package

        usage = answer.usage
        told = (answer.id, usage.input_tokens, usage.output_tokens) if usage is not None else (answer.id, 0, 0)
        return besides.traced(self.span.get_span_context().trace_id, told)

    def _call_below(self, describe: Callable[[Operation], None]) -> None:
        """Make a model call below this operation, which is none: tokens are counted from model spans alone."""
        context = Context(_RUNTIME_CONTEXT.get_current())
        dict.__setitem__(context, _SPAN_KEY, self.span)
        identity: Identity = context.get(IDENTITY) or NOBODY  # type: ignore[assignment]
        call = Operation(conventions.OPERATION_CHAT, "model", {}, named_by_answer=True)
        attributes = {
            conventions.SPAN_TYPE: "model",
            conventions.OPERATION_NAME: conventions.OPERATION_CHAT,
            conventions.AGENT_NAME: self._agent or identity.agent,
        }
        call.span = runtime.current.tracer.start_span(
            call._name,
            context,
            _KINDS["model"],
            attribute_values(attributes),
            start_time=self._answered_ns or getattr(self.span, "start_time", None),
        )
        self._answered_ns = time_ns()
        if self._first_chunk_ns is not None:
            call._waited_until(self._first_chunk_ns)
            self._first_chunk_ns = None
        describe(call)
        call.end()


class _Nothing(Operation):
    """The operation that is there while nothing is recorded: one for all, and it does nothing, at once."""

    __slots__ = ()

    def __enter__(self) -> Operation:
        return self

    def __exit__(self, *_: object) -> None:
        return

    def usage(self, **_: object) -> None:
        return

    def set(self, *_: object, **__: object) -> None:
        return


NOTHING = _Nothing("", "other", {})
