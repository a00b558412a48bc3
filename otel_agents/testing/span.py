"""One span a test captured, with what it says under plain names."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from opentelemetry.trace import StatusCode

from otel_agents import conventions as names

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan

    from otel_agents.records import SpanType

_TYPES = {
    names.OPERATION_INVOKE_AGENT: "agent",
    names.OPERATION_INVOKE_WORKFLOW: "workflow",
    names.OPERATION_EXECUTE_TOOL: "tool",
    names.OPERATION_CHAT: "model",
}


@dataclass(eq=False)
class CapturedSpan:
    """A span, in its tree.

    Attributes:
        raw: OpenTelemetry's span.
        parent: the span around it; None for a root, and for an orphan.
        children: the spans below it, in the order they started.
    """

    raw: ReadableSpan
    parent: CapturedSpan | None = None
    children: list[CapturedSpan] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The span's name, such as ``execute_tool search``."""
        return self.raw.name

    @property
    def attributes(self) -> dict[str, Any]:
        """All attributes."""
        return dict(self.raw.attributes or {})

    @property
    def type(self) -> SpanType:
        """One of agent, model, tool, workflow, message and other."""
        kind = self._get(names.SPAN_TYPE) or _TYPES.get(str(self._get(names.OPERATION_NAME)))
        return cast("SpanType", kind if kind in names.SPAN_TYPES else "other")

    @property
    def agent(self) -> str | None:
        """The agent: an agent's own name, or the one a model call, a tool or a message ran under."""
        return cast("str | None", self._get(names.AGENT_NAME) or self._get(names.AGENT))

    @property
    def tool(self) -> str | None:
        """The tool that was called."""
        return self._get(names.TOOL_NAME) if self.type == "tool" else None

    @property
    def model(self) -> str | None:
        """The model that was called, by the name it was asked for."""
        return (self._get(names.REQUEST_MODEL) or self._get(names.RESPONSE_MODEL)) if self.type == "model" else None

    @property
    def arguments(self) -> Any:
        """A tool's arguments by name; None where none were recorded."""
        return _parsed(self._get(names.TOOL_CALL_ARGUMENTS))

    @property
    def result(self) -> Any:
        """What a tool gave; None where nothing was recorded."""
        return _parsed(self._get(names.TOOL_CALL_RESULT))

    @property
    def input(self) -> Any:
        """The messages that were asked, in the form of the GenAI conventions; None where none were recorded."""
        return _parsed(self._get(names.INPUT_MESSAGES))

    @property
    def output(self) -> Any:
        """The messages that were answered, in the form of the GenAI conventions; None where none were recorded."""
        return _parsed(self._get(names.OUTPUT_MESSAGES))

    @property
    def input_tokens(self) -> int:
        """Tokens a model call was given, cached ones included."""
        return self._get(names.USAGE_INPUT_TOKENS) or 0

    @property
    def output_tokens(self) -> int:
        """Tokens a model call answered, reasoning included."""
        return self._get(names.USAGE_OUTPUT_TOKENS) or 0

    @property
    def cost(self) -> float | None:
        """US dollars; None when unknown."""
        return cast("float | None", self._get(names.COST))

    @property
    def failed(self) -> bool:
        """Whether its status is an error."""
        return self.raw.status.status_code is StatusCode.ERROR

    @property
    def error(self) -> str | None:
        """What went wrong, as ``ValueError: no such order``; None when nothing did."""
        return (self.raw.status.description or str(self._get(names.ERROR_TYPE) or "error")) if self.failed else None

    @property
    def ended(self) -> bool:
        """Whether it has ended."""
        return self.raw.end_time is not None

    @property
    def duration(self) -> float:
        """Seconds from its start to its end; 0 while it is open."""
        return ((self.raw.end_time or self._start) - self._start) / 1e9

    @property
    def trace_id(self) -> str:
        """The trace's id, as 32 hexadecimal digits."""
        return format(self.raw.context.trace_id, "032x") if self.raw.context else ""

    @property
    def span_id(self) -> str:
        """The span's id, as 16 hexadecimal digits."""
        return format(self.raw.context.span_id, "016x") if self.raw.context else ""

    @property
    def parent_id(self) -> str | None:
        """The id of the span around it, captured or not."""
        return format(self.raw.parent.span_id, "016x") if self.raw.parent is not None else None

    @property
    def events(self) -> list[tuple[str, dict[str, Any]]]:
        """Name and attributes of each event."""
        return [(event.name, dict(event.attributes or {})) for event in self.raw.events]

    @property
    def below(self) -> list[CapturedSpan]:
        """Every span below, at any depth, in the order they started."""
        found = [each for child in self.children for each in (child, *child.below)]
        return sorted(found, key=lambda each: each._start)  # noqa: SLF001  another of the same class

    def __repr__(self) -> str:
        return f"<CapturedSpan {self.name!r} {self.span_id}{f' failed: {self.error}' if self.failed else ''}>"

    @property
    def _start(self) -> int:
        return self.raw.start_time or 0

    def _get(self, key: str) -> Any:
        return (self.raw.attributes or {}).get(key)


def _parsed(text: Any) -> Any:
    """Read JSON; a text that is none is itself."""
    if not isinstance(text, str):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text
