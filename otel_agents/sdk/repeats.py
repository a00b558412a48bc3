"""A model call traced twice, by us and inside of ours by the provider's package or an instrumentation, counts once.

The span inside waits for ours to end. When both tell of the same answer, the one inside becomes a span of type other:
it keeps all it says, and sums over model calls hold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from otel_agents import conventions
from otel_agents.sdk.span import LeanSpan

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from opentelemetry.sdk.trace import ReadableSpan

_USAGE = (conventions.USAGE_INPUT_TOKENS, conventions.USAGE_OUTPUT_TOKENS)


def waits(span: ReadableSpan) -> bool:
    """Keep an ended span that may repeat the open model call around it; say whether it was kept."""
    if span.__class__ is not LeanSpan:
        return False
    call = span._model_call
    if call is None or call._end_time is not None or not _tells_of_a_call(span._attributes):
        return False
    call._inside = [*call._inside, span]
    return True


def released(call: ReadableSpan) -> Sequence[LeanSpan]:
    """Give the spans that waited for a model call, which has ended, to end; those that repeat it are of type other."""
    if call.__class__ is not LeanSpan:
        return ()
    for span in call._inside:
        if _same_call(span._attributes, call._attributes):
            span._attributes[conventions.SPAN_TYPE] = "other"
    return call._inside


def _tells_of_a_call(attributes: Mapping[str, Any]) -> bool:
    return conventions.RESPONSE_ID in attributes or any(key in attributes for key in _USAGE)


def _same_call(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    ids = one.get(conventions.RESPONSE_ID), other.get(conventions.RESPONSE_ID)
    if None not in ids:
        return ids[0] == ids[1]
    usage = [one.get(key) for key in _USAGE]
    return any(usage) and usage == [other.get(key) for key in _USAGE]
