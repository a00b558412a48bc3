"""Options: what spans hold: content, redaction and prices."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from otel_agents.pricing import Overrides
from otel_agents.redaction.redactor import KINDS
from otel_agents.sdk.options.checks import file, part
from otel_agents.settings import flag, setting, whole

_LEAST_CONTENT = 32  # characters; fewer show neither head nor tail


def _capture(value: object) -> bool | int:
    """Accept whether content is recorded, or how many characters of each text.

    From the variable of OpenTelemetry's instrumentations, also where they are to put content.
    """
    where = {"span_only": True, "event_only": True, "span_and_event": True, "no_content": False}
    said = where.get(value.lower()) if isinstance(value, str) else None
    if said is not None:
        return said
    with suppress(ValueError):
        return flag(value)
    try:
        return int(whole(_LEAST_CONTENT, 1 << 31)(value))
    except ValueError:
        raise ValueError(f"expected true, false, or a number of characters, {_LEAST_CONTENT} or more") from None


def _listed(value: object) -> tuple[str, ...]:
    """Accept names, as a list or as a text with commas between."""
    given = value.split(",") if isinstance(value, str) else value
    if not isinstance(given, list | tuple | set | frozenset) or not all(isinstance(name, str) for name in given):
        raise ValueError("expected names such as employee_id,email")
    return tuple(name.strip() for name in given if name.strip())


def _left(value: object) -> tuple[str, ...]:
    """Accept kinds of what is redacted and names of attributes; what looks like a kind misspelled is refused."""
    import difflib  # where there are any

    names = _listed(value)
    for name in names:
        if name not in KINDS and (near := difflib.get_close_matches(name, KINDS, n=1, cutoff=0.8)):
            raise ValueError(f"expected kinds ({', '.join(KINDS)}) or attributes; did you mean {near[0]!r}?")
    return names


def _patterns(value: object) -> dict[str, re.Pattern[str] | Callable[[str], str]]:
    """Accept regular expressions, or functions that redact a text, by the kind of what they find."""
    if not isinstance(value, Mapping) or not all(isinstance(kind, str) and kind for kind in value):
        raise ValueError("expected regular expressions or functions by kind, such as {'ticket': r'TCK-\\d{6}'}")
    patterns: dict[str, re.Pattern[str] | Callable[[str], str]] = {}
    for kind, pattern in value.items():
        try:
            patterns[kind] = re.compile(pattern) if isinstance(pattern, str) else pattern
        except re.error as error:
            raise ValueError(f"expected a regular expression for {kind!r} ({error})") from None
        if not callable(pattern) and not isinstance(getattr(pattern, "pattern", pattern), str):
            raise ValueError(f"expected a regular expression or a function for {kind!r}")
    return patterns


def _prices(value: object) -> Overrides:
    """Accept prices by pattern, or a file that has them."""
    if isinstance(value, str | Path):
        import json  # where there is a file
        import tomllib

        path = file(value)
        try:
            value = tomllib.loads(path.read_text("utf-8")) if path.suffix == ".toml" else json.loads(path.read_bytes())
        except (OSError, ValueError) as error:
            raise ValueError(f"expected a JSON or TOML file ({error})") from None
    if not isinstance(value, Mapping):
        raise ValueError("expected prices by pattern, such as {'openai/gpt-4o*': {'input': 2.5, 'output': 10}}")
    return Overrides(value)


@part
class Spans:
    """What spans hold: content, redaction and prices."""

    capture_content: bool | int = setting(
        True,
        env=("OTEL_AGENTS_CAPTURE_CONTENT", "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"),
        parse=_capture,
        doc="Whether messages, tool arguments and results are recorded: true, false, or how many characters of a text.",
    )
    redact: bool = setting(
        True,
        env=("OTEL_AGENTS_REDACT",),
        parse=flag,
        doc="Whether secrets and personal data are taken out of spans.",
    )
    redact_keys: tuple[str, ...] = setting(
        (),
        env=("OTEL_AGENTS_REDACT_KEYS",),
        parse=_listed,
        doc="Further names of keys whose values are secret, such as employee_id; several with commas between.",
    )
    redact_patterns: Mapping[str, re.Pattern[str] | Callable[[str], str]] | None = setting(
        None,
        parse=_patterns,
        doc="What else to redact, by kind: a regular expression, or a function from a text to the text without.",
    )
    redact_leave: tuple[str, ...] = setting(
        (),
        env=("OTEL_AGENTS_REDACT_LEAVE",),
        parse=_left,
        doc="Kinds, such as email, and attributes, such as user.id, to leave as they are; several with commas between.",
    )
    prices: Overrides | None = setting(
        None,
        env=("OTEL_AGENTS_PRICES",),
        parse=_prices,
        doc="Your own prices and discounts, by pattern of provider/model; or a JSON or TOML file that has them.",
    )
