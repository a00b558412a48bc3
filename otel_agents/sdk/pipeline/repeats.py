"""A model call traced twice, by us and inside of ours by the provider's package or an instrumentation, counts once.

The span inside waits for the one around to end. When both tell of the same answer, the one inside becomes a span of
type other: it keeps all it says, and sums over model calls hold. Where only the one inside has read the answer, the one
around takes over what it says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from otel_agents import conventions, dialects
from otel_agents.sdk.processors.dialect import in_our_names, usage_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from opentelemetry.sdk.trace import ReadableSpan

_TOTALS = (conventions.USAGE_INPUT_TOKENS, conventions.USAGE_OUTPUT_TOKENS)
_ANSWER = (conventions.RESPONSE_ID, conventions.RESPONSE_MODEL, conventions.RESPONSE_FINISH_REASONS)
_FAMILIES = {"embeddings": "embeddings", "embedding": "embeddings", "reranker": "rerank"}


class ModelCall(Protocol):
    """A model call that may have others inside: a span of ours, or what stands for one of another provider's."""

    _end_time: int | None
    _inside: list[Any] | None


def calls_model(attributes: Mapping[str, Any]) -> bool:
    """Say whether a span is a model call, in whichever dialect; it says so from its start."""
    return dialects.span_type(attributes) == "model"


def waits(span: ReadableSpan) -> bool:
    """Keep an ended span that may repeat the open model call around it; say whether it was kept."""
    call: ModelCall | None = getattr(span, "_model_call", None)
    if call is None or call._end_time is not None or not calls_model(span._attributes or {}):
        return False
    waiting = call._inside
    if waiting is None:
        waiting = call.__dict__.setdefault("_inside", [])  # one list, whichever thread is first
    waiting.append(span)
    if call._end_time is None:
        return True
    try:  # it has ended meanwhile, in another thread: either that took the span or it goes on alone
        waiting.remove(span)
    except ValueError:
        return True
    return False


def released(call: ReadableSpan) -> Sequence[ReadableSpan]:
    """Give the spans that waited for a model call, which has ended, to end; those that repeat it are of type other."""
    if not getattr(call, "_inside", None):
        return ()
    inside: list[ReadableSpan] = []
    _compare(call, call, inside)
    return inside


def _tell_of_one_answer(one: Any, other: Any) -> bool:
    """Say whether two model calls of two instrumentations surely are one: by its id, else by its tokens."""
    scopes = one.instrumentation_scope, other.instrumentation_scope
    return scopes[0] != scopes[1] and _agree(one._attributes, other._attributes) is True


def _compare(call: Any, around: Any, inside: list[ReadableSpan]) -> None:
    """Compare what waited for ``call`` with ``around``, which counts in its place; gather it, the innermost first."""
    waited = _taken(call)
    # Of two beside one another, as a framework's callbacks are beside the client, the one that ended last counts.
    beside = [any(_tell_of_one_answer(span, later) for later in waited[at + 1 :]) for at, span in enumerate(waited)]
    alone = beside.count(False) == 1
    for span, doubled in zip(waited, beside, strict=True):
        if doubled:
            _compare(span, span, inside)
            span._attributes[conventions.SPAN_TYPE] = "other"
        elif _repeats(span, around, alone=alone):
            _take_over(around, span)
            _compare(span, around, inside)
            span._attributes[conventions.SPAN_TYPE] = "other"
        else:
            _compare(span, span, inside)
        inside.append(span)


def _taken(call: Any) -> list[Any]:
    """Take what waits for a call; each step is one the interpreter does not tear."""
    waiting: list[Any] = call._inside or []
    taken = []
    while waiting:
        taken.append(waiting.pop(0))
    return taken


def _repeats(span: Any, around: Any, *, alone: bool) -> bool:
    """Say whether a span tells of the call around it, which it does where it is alone and nothing speaks against it."""
    agree = _agree(span._attributes, around._attributes)
    return alone if agree is None else agree


def _agree(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool | None:
    """Say whether two model calls tell of the same answer: by its id, else by its tokens; None where none tells."""
    if _family(one) != _family(other):
        return False
    ids = one.get(conventions.RESPONSE_ID), other.get(conventions.RESPONSE_ID)
    if None not in ids:
        return bool(ids[0] == ids[1])
    totals = [[usage.get(key, 0) for key in _TOTALS] for usage in (usage_of(one), usage_of(other))]
    return totals[0] == totals[1] if any(totals[0]) and any(totals[1]) else None


def _family(attributes: Mapping[str, Any]) -> str:
    said = attributes.get(conventions.OPERATION_NAME) or attributes.get("openinference.span.kind")
    return _FAMILIES.get(str(said).lower(), "chat")


def _take_over(around: Any, span: Any) -> None:
    """Put on the span around, which counts, what only the one inside knows: the model that was asked, at least.

    What was answered is taken from one of them alone.
    """
    there, said = around._attributes, span._attributes
    read = {**said, **in_our_names(said, "")}
    keys: tuple[str, ...] = (conventions.REQUEST_MODEL, conventions.PROVIDER_NAME)
    if not usage_of(there):
        keys = (*keys, *usage_of(read), *_ANSWER)
    for key in keys:
        if key in read and key not in there:
            there[key] = read[key]
