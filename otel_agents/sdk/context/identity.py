"""Who is asking: context() puts it around a block, and W3C baggage carries it from process to process.

In the program, spans take it from one value in OpenTelemetry's context. Beside it stands the same in OpenTelemetry's
baggage, which whoever propagates the context sends along; where the baggage is another than the one we know, because
somebody extracted it from a request or a message, it is read.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from opentelemetry.context import _RUNTIME_CONTEXT, Context, create_key

from otel_agents import conventions
from otel_agents.sdk import faults, runtime
from otel_agents.sdk.context.propagation import IDENTITY, NOBODY, Identity, detach
from otel_agents.sdk.values import attribute_value

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import TracebackType

logger = logging.getLogger("otel_agents")

IDS = {
    "session": conventions.SESSION_ID,
    "user": conventions.USER_ID,
    "tenant": conventions.TENANT,
}
LABEL = "otel_agents.label."  # before a label's name in baggage, to know it from what others put there
MOST_LABELS = 32
LONGEST_NAME = 64  # characters
LONGEST_VALUE = 256  # characters
MOST_BYTES = 4096  # of baggage, percent-encoded: half of what W3C has every program pass on, the rest is for others

_OF_IDS = frozenset(IDS.values())
_SURELY_FITS = MOST_BYTES // 16  # characters, of at most 12 bytes when percent-encoded
# What spans say of themselves, beside what they say in other dialects: as a label, it would make every span below an
# agent's, or give it a cost.
_OWN = ("otel_agents.", "gen_ai.", "operation.cost", "error.", "exception.")
_BY_OTHER_NAMES = {"session_id": IDS["session"], "user_id": IDS["user"], "tenant_id": IDS["tenant"]}
_ENTERED = create_key("otel-agents-entered")  # the context() around, and the token that leads out of it
_said: set[str] = set()


class context:  # noqa: N801  a function to its users
    """Say for whom the work of a block is done: every span below has it, in other threads and processes too.

    ``with context(session="s-1", user="u-17", tenant="acme", experiment="b"): ...``

    Plain ``with`` serves in async code as well. Contexts inside one another add up, and the inner one wins. What is
    None says nothing.

    Args:
        session: the session, as ``session.id`` of the spans; ``session_id`` is the same.
        user: the user, as ``user.id``; ``user_id`` is the same.
        tenant: the customer, as ``tenant.id``; ``tenant_id`` is the same.
        labels: further attributes of the spans, by the names given. Values are texts, cut after 256 characters; 32
            labels at most, their names of 64 characters at most. What spans say of themselves (``agent``, ``gen_ai.*``
            but ``gen_ai.conversation.id``, …) is none.
    """

    __slots__ = ("_given",)

    def __init__(
        self, /, *, session: object = None, user: object = None, tenant: object = None, **labels: object
    ) -> None:
        self._given: dict[str, str] = {}
        try:
            ids = {conventions.SESSION_ID: session, conventions.USER_ID: user, conventions.TENANT: tenant}
            self._given = {key: as_text(value) for key, value in ids.items() if value is not None}
            for name, value in labels.items():
                if value is None:
                    continue
                key = _BY_OTHER_NAMES.get(name, name)
                if key in _OF_IDS:
                    self._given[key] = as_text(value)
                elif _is_label(name):
                    self._given[name] = as_text(value)[:LONGEST_VALUE]
                else:
                    _say(f"context(): {name[:LONGEST_NAME]!r} cannot be a label and is left out")
        except Exception as error:  # whatever a value does, the block runs
            faults.report("reading a context", error)

    def __enter__(self) -> None:
        below = Context(_RUNTIME_CONTEXT.get_current())
        try:
            put(below, of(below), self._given)
        except Exception as error:
            faults.report("entering a context", error)
        # The way out is kept in the context itself: one object may be entered by several threads and tasks at once.
        entered: list[Any] = [self]
        dict.__setitem__(below, _ENTERED, entered)
        entered.append(_RUNTIME_CONTEXT.attach(below))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        entered: Any = _RUNTIME_CONTEXT.get_current().get(_ENTERED)
        if entered is not None and entered[0] is self:
            detach(entered[1])


def as_text(value: object) -> str:
    """Make a text that can be sent: of any value, and without half characters, which have no encoding."""
    text = value if value.__class__ is str else str(attribute_value(value))  # no subclass of it, as enums are
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def of(context: Context) -> Identity:
    """Give who is asking in a context; from its baggage where that is news."""
    identity: Any = context.get(IDENTITY) or NOBODY
    baggage = context.get(runtime.current.baggage_key)
    return identity if baggage is identity.baggage else read(identity, baggage)


def put(below: Context, identity: Identity, given: dict[str, str], agent: str | None = None) -> None:
    """Put who is asking into a context that is being made.

    Args:
        below: the context.
        identity: who was asking so far.
        given: what is known now, by attribute.
        agent: the agent at work from here on; without it, the one so far.
    """
    now = runtime.current
    attributes = {**identity.attributes, **given}
    if len(attributes) > MOST_LABELS:
        attributes = _bounded(attributes)
    there: Any = below.get(now.baggage_key)
    if given and now.baggage_key:
        baggage = _with(there or {}, _sendable(given), now.send_baggage)
        if baggage or there:
            dict.__setitem__(below, now.baggage_key, baggage)
            there = baggage
    dict.__setitem__(below, IDENTITY, Identity(attributes, agent or identity.agent, there))


def _sendable(given: dict[str, str]) -> dict[str, str]:
    """Give what is said of who asks without what must not leave the program."""
    changes = runtime.current.changes
    if changes is None:
        return given
    try:
        changed = changes(given)
    except Exception as error:  # as of the user's own function
        faults.report("redacting baggage", error)
        return dict.fromkeys(given, "[redacted:failed]")
    return {**given, **changed} if changed else given


def read(identity: Identity, baggage: object) -> Identity:
    """Add to who is asking what a baggage says of it; never raises, whatever is in there."""
    found: dict[str, Any] = {}
    try:
        allowed = runtime.current.read_baggage
        for key, value in baggage.items() if isinstance(baggage, dict) else ():
            if not isinstance(key, str) or not _is_ours(key):
                continue
            name = key.removeprefix(LABEL)
            if (name == key or _is_label(name)) and (allowed is None or name in allowed):
                found[name] = as_text(value) if name == key else as_text(value)[:LONGEST_VALUE]
    except Exception as error:
        faults.report("reading baggage", error)
    if not found:
        return Identity(identity.attributes, identity.agent, baggage)
    return Identity(_bounded({**identity.attributes, **found}), identity.agent, baggage)


def names(given: str | Iterable[str]) -> frozenset[str] | None:
    """Give the attributes that the settings send_baggage and read_baggage name; None for all."""
    if isinstance(given, str):
        return None if given == "all" else frozenset()
    return frozenset(IDS.get(name, name) for name in given)


def _with(there: dict[str, Any], given: dict[str, str], allowed: frozenset[str] | None) -> dict[str, Any]:
    """Give the baggage with what may be sent and has room; what has none is not sent in an older version either."""
    if not there and allowed is None and _OF_IDS.issuperset(given) and sum(map(len, given.values())) < _SURELY_FITS:
        return given  # nearly always; nobody changes a baggage
    keys = {name: name if name in _OF_IDS else LABEL + name for name in given}
    baggage = {key: value for key, value in there.items() if key not in keys.values()}
    room = MOST_BYTES - sum(_size(key, str(value)) for key, value in baggage.items() if _is_ours(key))
    for name, value in given.items():
        if allowed is not None and name not in allowed:
            continue
        room -= _size(keys[name], value)
        if room < 0:
            _say(f"context(): what is given is more than {MOST_BYTES} bytes of baggage; the rest stays in this process")
            break
        baggage[keys[name]] = value
    return baggage


def _is_ours(key: str) -> bool:
    return key in _OF_IDS or key.startswith(LABEL)


def _size(key: str, value: str) -> int:
    from urllib.parse import quote_plus  # for the first that is carried: this module is imported at the start

    return len(quote_plus(key)) + len(quote_plus(value)) + 2


def _is_label(name: str) -> bool:
    from otel_agents import dialects  # for programs that have labels

    if name == conventions.CONVERSATION_ID:
        return True
    return 0 < len(name) <= LONGEST_NAME and not name.startswith(_OWN) and name not in dialects.READ


def _bounded(attributes: dict[str, Any]) -> dict[str, Any]:
    labels = [name for name in attributes if name not in _OF_IDS]
    for name in labels[MOST_LABELS:]:
        del attributes[name]
        _say(f"context(): more than {MOST_LABELS} labels; those beyond are left out")
    return attributes


def _say(what: str) -> None:
    """Warn once of each fault in what was given, and count it each time."""
    faults.counts["labels of context() left out"] += 1
    if what not in _said and len(_said) < MOST_LABELS:
        _said.add(what)
        logger.warning("%s", what)
