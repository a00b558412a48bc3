"""Keeps answers for whoever asks the same again: they are right until something is stored or removed."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Any, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from otel_agents.collector.store.store import ChangingStore

MOST: Final = 64

T = TypeVar("T")


class Kept:
    """The last answers to questions of one kind."""

    def __init__(self) -> None:
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
            if len(self._answers) > MOST:
                self._answers.popitem(last=False)
        return answer
