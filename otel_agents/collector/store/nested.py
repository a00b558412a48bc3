"""What other dialects say inside a JSON text, or by a span's name: SQL that reads it from laid-out attributes."""

from __future__ import annotations

from otel_agents import dialects
from otel_agents.collector.store.expressions import AS_TEXT, first, readings


def nested(present: frozenset[str]) -> dict[str, list[str]]:
    """Read what there is among some laid-out attributes: column -> expressions, the best first."""
    found: dict[str, list[str]] = {}
    for column, keys in dialects.NESTED_NUMBERS.items():
        kind = "DOUBLE" if column == "cost" else "BIGINT"
        for key, paths in keys.items():
            for text in readings(present, [key], {"text": "{0}"}):
                found.setdefault(column, []).extend(_sum(text, path, kind) for path in paths)
    for column, key in dialects.NESTED_TEXT.items():
        for text in readings(present, [key], {"text": "{0}"}):
            found.setdefault(column, []).append(_inside(text, "$"))
    entity = readings(present, [dialects.ENTITY_NAME], AS_TEXT)
    for column in ("agent", "tool"):
        for mark in readings(present, dialects.NAMED_AFTER, {"text": "{0}"}):
            named = f"CASE WHEN lower(trim({mark}, '\"')) = '{column}' THEN {first([*entity, 'name'])} END"
            found.setdefault(column, []).append(named)
    return found


def _inside(text: str, path: str) -> str:
    return f"CASE WHEN json_valid({text}) THEN {text}::JSON ->> '{path}' END"


def _sum(text: str, path: str | tuple[str, ...], kind: str) -> str:
    head, *rest = (path,) if isinstance(path, str) else path
    numbers = [f"TRY_CAST({_inside(text, f'$.{name}')} AS {kind})" for name in (head, *rest)]
    return " + ".join([numbers[0], *(f"coalesce({number}, 0)" for number in numbers[1:])])
