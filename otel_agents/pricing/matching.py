"""Which model of the table a name means: the rules of genai-prices, on the parts its table is made of."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from otel_agents.pricing.parts import Part

_COMPACT_DATE: Final = re.compile(r"(-)(20\d{2})(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(?=-|:|$)")


def matches(clause: Part | None, name: str) -> bool:
    """Whether a clause of the table holds for a name in lower case.

    Raises:
        ValueError: the clause is of a kind that is not known here.
    """
    if clause is None:
        return False
    fields = clause.fields
    match clause.kind:
        case "ClauseEquals":
            return bool(name == fields["equals"].lower())
        case "ClauseStartsWith":
            return name.startswith(fields["starts_with"].lower())
        case "ClauseEndsWith":
            return name.endswith(fields["ends_with"].lower())
        case "ClauseContains":
            return fields["contains"].lower() in name
        case "ClauseRegex":
            return re.search(fields["regex"], name) is not None
        case "ClauseOr":
            return any(matches(each, name) for each in fields["or_"])
        case "ClauseAnd":
            return all(matches(each, name) for each in fields["and_"])
    raise ValueError(f"unexpected {clause.kind} in the table")


def with_dashed_date(name: str) -> str:
    """``gpt-5.2-20251211`` as ``gpt-5.2-2025-12-11``; other names as they are."""

    def dashed(found: re.Match[str]) -> str:
        year, month, day = map(int, found.groups()[1:])
        try:
            return f"-{date(year, month, day)}"
        except ValueError:
            return found[0]

    return _COMPACT_DATE.sub(dashed, name)
