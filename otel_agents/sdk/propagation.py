"""Who is asking, carried down to every span below: session, user and tenant, and the agent at work."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from opentelemetry.context import create_key

if TYPE_CHECKING:
    from opentelemetry.util.types import AnyValue


class Identity(NamedTuple):
    """What spans below inherit."""

    attributes: dict[str, AnyValue]  # session.id, user.id, tenant.id; for every span below
    agent: str | None  # the nearest agent around; for the spans of its model calls, tools and messages


NOBODY = Identity({}, None)
IDENTITY = create_key("otel-agents-identity")  # the key of an Identity in an OpenTelemetry Context
NESTED = create_key("otel-agents-nested")  # set where a span is an agent's operation inside one of the same agent
