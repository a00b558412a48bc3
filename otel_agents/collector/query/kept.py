"""Keeps answers for whoever asks the same again: they are right until something is stored or removed."""

from __future__ import annotations

import threading
from collections import OrderedDict
from contextlib import suppress
from contextvars import copy_context
from time import monotonic
from typing import TYPE_CHECKING, Any, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from otel_agents.collector.store.store import ChangingStore

MOST: Final = 64
RECENT_S: Final = 5.0

T = TypeVar("T")


class Kept:
    """The last answers to questions of one kind.

    Args:
        most: how many.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._answers: OrderedDict[Hashable, Any] = OrderedDict()  # the longest unasked first

    def answer(self, store: ChangingStore, question: Hashable, ask: Callable[[], T]) -> T:
        """Give the answer to a question, asked anew where what can be read has changed.

        Args:
            store: what is asked.
            question: what else the answer depends on.
            ask: answers it; nobody changes what it returns.
        """
        # Taken before it is asked, so that a change meanwhile makes an answer old too soon, and never too late.
        key = (store.state(), question)
        with self._lock:
            if key in self._answers:
                self._answers.move_to_end(key)
                found: T = self._answers[key]
                return found
        answer = ask()
        with self._lock:
            self._answers[key] = answer
            if len(self._answers) > self._most:
                self._answers.popitem(last=False)
        return answer


class Recent:
    """The last answers to questions that are asked again and again, to be shown while better ones are made."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._answers: OrderedDict[Hashable, tuple[Any, float]] = OrderedDict()  # and when each was right
        self._coming: set[Hashable] = set()

    def note(self, question: Hashable, answer: object) -> None:
        """Keep an answer that is right now."""
        with self._lock:
            self._answers[question] = answer, monotonic()
            self._answers.move_to_end(question)
            if len(self._answers) > MOST:
                self._answers.popitem(last=False)

    def is_coming(self, question: Hashable) -> bool:
        """Whether the question is being asked anew."""
        return question in self._coming

    def answer(self, question: Hashable, ask: Callable[[], object]) -> Any | None:
        """Give an answer that was right 5 s ago at most, and have a thread ask anew; None where there is none."""
        with self._lock:
            answer, right_at = self._answers.get(question, (None, 0.0))
            if answer is None or monotonic() - right_at > RECENT_S:
                return None
            begins = question not in self._coming
            self._coming.add(question)
        if begins:
            # As whoever asks now: what they may see is in the context.
            threading.Thread(target=copy_context().run, args=(self._ask, question, ask), daemon=True).start()
        return answer

    def _ask(self, question: Hashable, ask: Callable[[], object]) -> None:
        try:
            with suppress(Exception):  # whoever asks next is told of it
                self.note(question, ask())
        finally:
            self._coming.discard(question)
