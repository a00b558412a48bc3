"""What could not be told, counted by name: answers of a shape nobody knows here, and calls nobody has a price for."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_MOST_NAMES: Final = 100  # names are the program's, and may be made up without end; the others are "other"

answers: Counter[str] = Counter()  # by the class of what was to be an answer
prices: Counter[str] = Counter()  # by model; "" where none was named


def note_answer(kind: type) -> None:
    """Count an answer, of a class, that could not be read: its span has no usage."""
    _count(answers, kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}")


def note_price(model: str) -> None:
    """Count a call whose tokens have no known price: its span has no cost."""
    _count(prices, model)


def set_aside() -> Callable[[], None]:
    """Begin at nothing; give what brings back the counts there were."""
    aside = dict(answers), dict(prices)
    after_fork_in_child()

    def bring_back() -> None:
        after_fork_in_child()
        answers.update(aside[0])
        prices.update(aside[1])

    return bring_back


def after_fork_in_child() -> None:
    """Begin at nothing: the parent has its own counts."""
    answers.clear()
    prices.clear()


def _count(counter: Counter[str], name: str) -> None:
    counter[name if name in counter or len(counter) < _MOST_NAMES else "other"] += 1
