"""Who asks the demo's team what: users of three companies, in sessions of a few questions."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

USERS = (("ana", "acme"), ("ben", "acme"), ("chloe", "globex"), ("dev", "globex"), ("emi", "initech"))

# Each with how often it is asked, in proportion. {} is filled from the list beside it.
QUESTIONS: tuple[tuple[int, str, tuple[str, ...]], ...] = (
    (3, "Which products earned the most in Q{}?", ("1", "2", "3", "4")),
    (5, "Compare the revenue of {} by quarter.", ("EMEA and APAC", "APAC and Americas", "all regions")),
    (5, "How long do {} tickets wait until they are closed?", ("urgent", "high", "normal", "low")),
    (4, "Which customers in {} are unhappy and may leave?", ("EMEA", "APAC", "Americas")),
    (4, "What is the average order by customers' plan?", ("",)),
    (2, "Close all {} tickets that are still open.", ("low", "normal")),
    (1, "Which customers buy the same products?", ("",)),  # runs too long, and fails
    (5, "How many classes and functions are in `{}`?", ("sdk", "collector", "demo", "health", "alerts")),
    (5, "Where is the function `{}` defined, and what uses it?", ("configure", "load", "setting", "flush", "register")),
    (5, "What does the module {} do?", ("settings.py", "model.py", "errors.py", "demo/team.py", "cli/main.py")),
    (2, "What does the module {} do?", ("billing.py", "config.py", "utils.py")),  # there is none
    (3, "Which source files are the longest?", ("",)),
    (1, "Read every file of the source code and compare their style.", ("",)),  # more than a model's context holds
    (2, "Hello! What can you do?", ("",)),
)


@dataclass(frozen=True, slots=True)
class Request:
    """One question, and who asks it."""

    text: str
    user: str
    tenant: str
    session: str


def a_few() -> list[Request]:
    """Give six requests that show what there is to see: both analysts, a corrected query, a missing file, a failure."""
    texts = (
        "Which products earned the most in Q3?",
        "How many classes and functions are in `sdk` and `collector`?",
        "Compare the revenue of EMEA and APAC by quarter.",
        "What does the module billing.py do?",
        "Hello! What can you do?",
        "Which customers buy the same products?",
    )
    return [_request(text, number, number) for number, text in enumerate(texts)]


def without_end(seed: int | None = None) -> Iterator[Request]:
    """Give requests in random order, three to a session."""
    rng = random.Random(seed)
    weights = [weight for weight, _, _ in QUESTIONS]
    number = 0
    while True:
        user = rng.randrange(len(USERS))
        number += 1
        for _ in range(3):
            _, text, fillings = rng.choices(QUESTIONS, weights)[0]
            yield _request(text.format(rng.choice(fillings)), user, number)


def _request(text: str, user: int, session: int) -> Request:
    name, tenant = USERS[user % len(USERS)]
    return Request(text, name, tenant, f"{name}-{session}")
