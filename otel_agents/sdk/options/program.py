"""Options: what program it is, and what its spans inherit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from opentelemetry.sdk.trace.id_generator import IdGenerator

from otel_agents.sdk.options.checks import part
from otel_agents.settings import Parse, flag, one_of, setting, text


def _attributes(value: object) -> dict[str, Any]:
    if isinstance(value, Mapping) and all(isinstance(key, str) and key for key in value):
        return dict(value)
    raise ValueError("expected a mapping from names to values")


def _id_generator(value: object) -> IdGenerator:
    if isinstance(value, IdGenerator):
        return value
    raise ValueError("expected an IdGenerator")


def _not(inner: Callable[[object], bool], variable: str) -> Parse:
    """Accept a flag; from ``variable``, which says the opposite, its negation."""

    def parse(value: object) -> bool:
        return not inner(value) if isinstance(value, str) else inner(value)

    parse.__doc__ = f"``{variable}`` negated."
    return parse


def _names(value: object) -> str | tuple[str, ...]:
    """Accept all, none, or names, also as a text with commas."""
    given = value.split(",") if isinstance(value, str) else value
    found = [name.strip() if isinstance(name, str) else "" for name in given] if isinstance(given, Iterable) else []
    if not found or not all(found):
        raise ValueError("expected all, none, or names such as session,tenant")
    if found in (["all"], ["none"]):
        return found[0]
    return tuple(found)


@part
class Program:
    """What program it is, and what its spans inherit."""

    service_name: str | None = setting(
        None,
        env=("OTEL_SERVICE_NAME",),
        parse=text,
        doc="Name of the program, as service.name of every span; default: from OTEL_RESOURCE_ATTRIBUTES, else "
        "unknown_service.",
    )
    resource_attributes: Mapping[str, Any] | None = setting(
        None,
        parse=_attributes,
        doc="Attributes of the program, beside those in OTEL_RESOURCE_ATTRIBUTES.",
    )
    enabled: bool = setting(
        True,
        env=("OTEL_SDK_DISABLED",),
        parse=_not(flag, "OTEL_SDK_DISABLED"),
        doc="false switches tracing off; OTEL_SDK_DISABLED=true does the same.",
    )
    id_generator: IdGenerator | None = setting(None, parse=_id_generator, doc="Where trace and span ids come from.")
    threads: str = setting(
        "all",
        env=("OTEL_AGENTS_THREADS",),
        parse=one_of("all", "pools", "none"),
        doc="Which threads go on in the context they were started in: all, pools (work given to a ThreadPoolExecutor) "
        "or none.",
    )
    send_baggage: str | tuple[str, ...] = setting(
        "all",
        env=("OTEL_AGENTS_SEND_BAGGAGE",),
        parse=_names,
        doc="What of a context goes to other programs as W3C baggage: all, none, or names such as session,tenant.",
    )
    read_baggage: str | tuple[str, ...] = setting(
        "all",
        env=("OTEL_AGENTS_READ_BAGGAGE",),
        parse=_names,
        doc="What of it is believed when another program sent it: all, none, or names such as session,tenant.",
    )
