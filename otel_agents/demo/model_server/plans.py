"""What the plans are made of: their type, and how they read a tool's result."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator
from typing import Any

from otel_agents.demo.model_server.conversation import Call

Plan = Generator[list[Call], list[str], str]
Rule = tuple[frozenset[str], str, Callable[[str], Plan]]  # the tools it needs, the questions it fits, the plan


class GaveUpError(Exception):
    """The plan met a result it cannot go on from; the message is what the model says then."""


def value(result: str) -> Any:
    """Read a tool's result.

    Raises:
        GaveUpError: the tool failed, or answered with something other than JSON.
    """
    problem = failure(result)
    if problem:
        raise GaveUpError(f"I could not find that out: {problem}.")
    try:
        return json.loads(result)
    except ValueError:
        raise GaveUpError(f"I could not read what the tool returned: {result[:80]}") from None


def failure(result: str) -> str | None:
    """Give the message of a tool that failed, None for one that worked."""
    try:
        read = json.loads(result)
    except ValueError:
        return None
    return str(read["error"]) if isinstance(read, dict) and set(read) == {"error"} else None


def rows(result: str) -> list[list[Any]]:
    """Read the rows of a query's result.

    Raises:
        GaveUpError: the query failed, or gave no row.
    """
    found = value(result)["rows"]
    if not found:
        raise GaveUpError("The query ran, and there is no such data.")
    return list(found)


def money(amount: float) -> str:
    """Write an amount of the shop's sales."""
    return f"${amount:,.0f}"


def listed(lines: list[str]) -> str:
    """Write lines as a Markdown list."""
    return "\n".join(f"- {line}" for line in lines)
