"""What a test asks of the spans that were captured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from otel_agents.testing.span import CapturedSpan
from otel_agents.testing.tree import tree

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from opentelemetry.sdk.trace import ReadableSpan


class Recording:
    """The spans captured so far, and questions to them.

    Args:
        read: gives every span that was started, open ones too.
    """

    def __init__(self, read: Callable[[], Iterable[ReadableSpan]]) -> None:
        self._read = read

    def _nodes(self) -> list[CapturedSpan]:
        """Every span in its tree, in the order they started."""
        nodes = sorted(map(CapturedSpan, self._read()), key=lambda each: each.raw.start_time or 0)
        by_id = {(each.trace_id, each.span_id): each for each in nodes}
        for each in nodes:
            each.parent = by_id.get((each.trace_id, each.parent_id or ""))
            if each.parent is not None:
                each.parent.children.append(each)
        return nodes

    # --- Spans --------------------------------------------------------------------------------------------------------

    @property
    def spans(self) -> list[CapturedSpan]:
        """The spans that have ended, in the order they started."""
        return [each for each in self._nodes() if each.ended]

    @property
    def open(self) -> list[CapturedSpan]:
        """The spans that have not ended yet, in the order they started."""
        return [each for each in self._nodes() if not each.ended]

    @property
    def roots(self) -> list[CapturedSpan]:
        """The spans with none around them, in the order they started."""
        return [each for each in self._nodes() if each.parent is None]

    def __len__(self) -> int:
        return len(self.spans)

    def find(
        self,
        name: str | None = None,
        *,
        type: str | None = None,  # noqa: A002  the word users know
        agent: str | None = None,
        tool: str | None = None,
        model: str | None = None,
        failed: bool | None = None,
        attributes: dict[str, Any] | None = None,
    ) -> list[CapturedSpan]:
        """Give the spans that are all of what is said, in the order they started.

        Args:
            name: the span's name.
            type: agent, model, tool, workflow, message or other.
            agent: the agent itself, or the one the call ran under.
            tool: the tool that was called.
            model: the model that was called.
            failed: whether it failed.
            attributes: what its attributes hold, among others.
        """
        wanted = {"name": name, "type": type, "agent": agent, "tool": tool, "model": model, "failed": failed}
        asked = {key: value for key, value in wanted.items() if value is not None}
        return [
            each
            for each in self.spans
            if all(getattr(each, key) == value for key, value in asked.items())
            and holds(each.attributes, attributes or {})
        ]

    def one(self, name: str | None = None, **wanted: Any) -> CapturedSpan:
        """Give the only span that is what is said; takes what :meth:`find` takes.

        Raises:
            AssertionError: there is none, or there are several.
        """
        __tracebackhide__ = True
        found = self.find(name, **wanted)
        if len(found) != 1:
            asked = ", ".join(
                f"{key}={value!r}" for key, value in {"name": name, **wanted}.items() if value is not None
            )
            raise self._failure(f"expected one span with {asked or 'nothing asked'}, found {len(found)}")
        return found[0]

    @property
    def agents(self) -> list[str]:
        """The agents that ran, one entry a run, in the order they started."""
        return [each.agent or each.name for each in self.find(type="agent")]

    @property
    def tools(self) -> list[str]:
        """The tools that were called, one entry a call, in the order they started."""
        return [each.tool or each.name for each in self.find(type="tool")]

    @property
    def models(self) -> list[str]:
        """The models that were called, one entry a call, in the order they started."""
        return [each.model or each.name for each in self.find(type="model")]

    # --- Sums ---------------------------------------------------------------------------------------------------------

    @property
    def input_tokens(self) -> int:
        """Tokens all model calls were given, cached ones included."""
        return sum(each.input_tokens for each in self.find(type="model"))

    @property
    def output_tokens(self) -> int:
        """Tokens all model calls answered, reasoning included."""
        return sum(each.output_tokens for each in self.find(type="model"))

    @property
    def tokens(self) -> int:
        """Input and output together."""
        return self.input_tokens + self.output_tokens

    @property
    def cost(self) -> float | None:
        """US dollars of all model calls whose cost is known; None when that is none of them."""
        known = [each.cost for each in self.find(type="model") if each.cost is not None]
        return sum(known) if known else None

    # --- As text and as plain values ----------------------------------------------------------------------------------

    def tree(self, *, details: bool = False, ordered: bool = True) -> str:
        """Write the traces as text: a line a span, indented by two spaces below the one around it.

        Args:
            details: whether arguments, results, tokens and cost are written too.
            ordered: whether siblings are in the order they started; where threads race, take that of their text.
        """
        return tree(self.roots, details=details, ordered=ordered)

    def to_dicts(self) -> list[dict[str, Any]]:
        """Give the ended spans as plain values, to compare with a snapshot; times are seconds from the first start."""
        spans = self.spans
        zero = min((each.raw.start_time or 0 for each in spans), default=0)
        return [
            {
                "name": each.name,
                "trace_id": int(each.trace_id, 16),
                "span_id": int(each.span_id, 16),
                "parent_id": int(each.parent_id, 16) if each.parent_id else None,
                "start": round(((each.raw.start_time or 0) - zero) / 1e9, 9),
                "end": round(((each.raw.end_time or 0) - zero) / 1e9, 9),
                "error": each.error,
                "attributes": each.attributes,
                "events": [{"name": name, "attributes": attributes} for name, attributes in each.events],
            }
            for each in spans
        ]

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {len(self)} spans>"

    def _failure(self, message: str) -> AssertionError:
        """Make an assertion's error: what is wrong, and what was traced."""
        traced = self.tree(details=True)
        return AssertionError(
            f"{message}\n\nTraced:\n{_indented(traced)}" if traced else f"{message}; nothing was traced"
        )


def holds(got: Any, expected: Any) -> bool:
    """Say whether ``got`` is what is expected; of a mapping, the keys that are expected."""
    if isinstance(expected, dict):
        return isinstance(got, dict) and all(key in got and holds(got[key], value) for key, value in expected.items())
    if isinstance(expected, list | tuple):
        return (
            isinstance(got, list | tuple)
            and len(got) == len(expected)
            and all(holds(one, other) for one, other in zip(got, expected, strict=True))
        )
    return bool(expected == got)


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())
