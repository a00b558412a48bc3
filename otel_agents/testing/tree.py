"""Traces as text: a line a span, indented below the one around it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from otel_agents.testing.span import CapturedSpan

_LONGEST = 60  # characters of one argument or result


def tree(roots: Iterable[CapturedSpan], *, details: bool, ordered: bool) -> str:
    """Write the spans of trees.

    Args:
        roots: where they begin.
        details: whether arguments, results, tokens and cost are written too.
        ordered: whether siblings are in the order they started; else in that of their text.
    """
    return "\n".join(line for block in _blocks(roots, details, ordered) for line in block)


def _blocks(spans: Iterable[CapturedSpan], details: bool, ordered: bool) -> list[list[str]]:
    blocks = []
    for span in spans:
        below = [f"  {line}" for block in _blocks(span.children, details, ordered) for line in block]
        blocks.append([_line(span, details), *below])
    return blocks if ordered else sorted(blocks)


def _line(span: CapturedSpan, details: bool) -> str:
    parts = [span.name]
    if details and span.type == "tool":
        given = span.arguments
        if isinstance(given, dict):
            parts.append(f"({', '.join(f'{key}={_short(value)}' for key, value in given.items())})")
        if span.result is not None:
            parts.append(f" -> {_short(span.result)}")
    if details and (span.input_tokens or span.output_tokens):
        cost = "unknown cost" if span.cost is None else f"${span.cost:.6f}"
        parts.append(f"  [{span.input_tokens} in, {span.output_tokens} out, {cost}]")
    if span.failed:
        parts.append(f"  failed: {span.error}")
    if not span.ended:
        parts.append("  (still open)")
    return "".join(parts).replace("\n", " ")


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
