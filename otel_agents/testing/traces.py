"""What a test expects of the spans that were captured."""

from __future__ import annotations

import difflib
import textwrap
from typing import TYPE_CHECKING, Any

from otel_agents.testing.recording import Recording, holds

if TYPE_CHECKING:
    from otel_agents.testing.span import CapturedSpan

_ANY = object()


class Traces(Recording):
    """The spans captured so far: questions to them, and expectations, which show the tree where they fail."""

    def assert_tool_called(
        self,
        tool: str,
        *,
        times: int | None = None,
        arguments: dict[str, Any] | None = None,
        result: Any = _ANY,
        agent: str | None = None,
    ) -> None:
        """Expect calls of a tool.

        Args:
            tool: the tool's name.
            times: how many calls, exactly; without it, at least one.
            arguments: what their arguments hold, by name; others are not looked at.
            result: what they gave.
            agent: the agent they ran under.
        """
        __tracebackhide__ = True
        said = {key: value for key, value in (("arguments", arguments), ("agent", agent)) if value is not None}
        if result is not _ANY:
            said["result"] = result
        found = [
            each
            for each in self.find(tool=tool, agent=agent)
            if (arguments is None or holds(each.arguments, arguments))
            and (result is _ANY or holds(each.result, result))
        ]
        self._expect("tool", tool, found, times, said)

    def assert_tool_not_called(self, tool: str) -> None:
        """Expect no call of a tool."""
        __tracebackhide__ = True
        self._expect("tool", tool, self.find(tool=tool), 0, {})

    def assert_agent_called(self, agent: str, *, times: int | None = None) -> None:
        """Expect runs of an agent: ``times`` of them exactly, or at least one."""
        __tracebackhide__ = True
        self._expect("agent", agent, self.find(type="agent", agent=agent), times, {})

    def assert_model_called(self, model: str | None = None, *, times: int | None = None) -> None:
        """Expect calls of a model, or of any: ``times`` of them exactly, or at least one."""
        __tracebackhide__ = True
        self._expect("model", model, self.find(type="model", model=model), times, {})

    def assert_order(self, *names: str) -> None:
        """Expect agents, tools, models or spans of these names to have started in this order, others between them."""
        __tracebackhide__ = True
        started = iter(self.spans)
        for place, name in enumerate(names):
            if not any(
                name in (each.name, each.tool, each.model, each.type == "agent" and each.agent) for each in started
            ):
                after = f" after {names[place - 1]!r}" if place else ""
                raise self._failure(f"expected {name!r}{after}, and it did not come")

    def assert_cost_below(self, usd: float) -> None:
        """Expect all model calls together to cost less than so many US dollars, and each one's cost to be known."""
        __tracebackhide__ = True
        calls = self.find(type="model")
        unknown = sorted({each.model or each.name for each in calls if each.cost is None and not each.failed})
        if unknown:
            raise self._failure(f"expected a cost below ${usd:g}, and nobody knows that of {', '.join(unknown)}")
        if (self.cost or 0.0) >= usd:
            raise self._failure(f"expected a cost below ${usd:g}, got ${self.cost:.6f} in {len(calls)} model calls")

    def assert_tokens_below(self, tokens: int) -> None:
        """Expect all model calls together to use fewer tokens, input and output."""
        __tracebackhide__ = True
        if self.tokens >= tokens:
            sums = f"{self.tokens:,} ({self.input_tokens:,} in, {self.output_tokens:,} out)"
            raise self._failure(f"expected fewer than {tokens:,} tokens, got {sums}")

    def assert_no_errors(self) -> None:
        """Expect no span to have failed."""
        __tracebackhide__ = True
        failed = self.find(failed=True)
        if failed:
            what = "; ".join(f"{each.name}: {each.error}" for each in failed)
            raise self._failure(f"expected no errors, {_count(len(failed), 'span')} failed: {what}")

    def assert_no_orphans(self) -> None:
        """Expect every span to have ended, and the one around it to be of this process and traced too.

        A span whose parent came from another process, as from a request's headers, is no orphan.
        """
        __tracebackhide__ = True
        if left_open := self.open:
            raise self._failure(
                f"expected every span to end, these did not: {', '.join(each.name for each in left_open)}"
            )
        lost = [
            each
            for each in self.spans
            if each.parent is None and each.raw.parent is not None and not each.raw.parent.is_remote
        ]
        if lost:
            what = ", ".join(f"{each.name} (parent {each.parent_id})" for each in lost)
            raise self._failure(f"expected no orphans, the parents of these were not captured: {what}")

    def assert_tree(self, expected: str, *, details: bool = False, ordered: bool = True) -> None:
        """Expect :meth:`tree` to be this text; it may be indented as a whole."""
        __tracebackhide__ = True
        got = self.tree(details=details, ordered=ordered)
        wanted = textwrap.dedent(expected).strip("\n").rstrip()
        if got != wanted:
            lines = difflib.unified_diff(wanted.splitlines(), got.splitlines(), "expected", "traced", lineterm="", n=99)
            raise AssertionError("the traces are others than expected\n\n" + "\n".join(lines))

    def _expect(
        self, kind: str, name: str | None, found: list[CapturedSpan], times: int | None, said: dict[str, Any]
    ) -> None:
        __tracebackhide__ = True
        if (len(found) == times) if times is not None else found:
            return
        what = f"{kind} {name!r}" if name else f"a {kind}"
        how = "".join(f", {key} {value!r}" for key, value in said.items())
        wanted = "not to be called" if times == 0 else f"to be called {_times(times) if times else ''}".rstrip()
        raise self._failure(f"expected {what} {wanted}{how}; it was {_times(len(found)) if found else 'not'}")


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


def _count(count: int, thing: str) -> str:
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"
