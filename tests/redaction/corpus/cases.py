"""The corpus: each text with the secrets in it."""

import base64
import random
from dataclasses import dataclass

from tests.redaction.corpus import carriers, harmless, secrets


@dataclass(frozen=True)
class Case:
    """A text with one secret in it."""

    kind: str
    secret: str
    text: str


def _tokens(rng: random.Random) -> list[Case]:
    return [
        Case(kind, secret, carry(secret))
        for kind, makers in secrets.TOKENS.items()
        for make in makers
        for carry in carriers.some(rng, 8)
        for secret in [make(rng)]
    ]


def _personal(rng: random.Random) -> list[Case]:
    made = [(kind, make) for kind, make in (("card", secrets.card), ("email", secrets.email)) for _ in range(4)]
    cases = [Case(kind, s, carry(s)) for kind, make in made for carry in carriers.VALUES for s in [make(rng)]]
    phones = [secrets.phone(rng) for _ in range(4 * len(carriers.VALUES))]
    return cases + [Case("phone", s, carry(s)) for s, carry in zip(phones, carriers.VALUES * 4, strict=True)]


def _named(rng: random.Random) -> list[Case]:
    cases = []
    for kind, carry in carriers.NAMED * 6:
        if kind.startswith("password"):
            secret = secrets.password(rng)
        elif "Basic" in carry("-"):
            secret = base64.b64encode(f"ada:{secrets.password(rng)}".encode()).decode()
        else:
            secret = secrets.opaque(rng)
        cases.append(Case(kind, secret, carry(secret)))
    return cases


def with_secrets(seed: int = 2026) -> list[Case]:
    """Every text with a secret, in the same order with the same values for the same seed."""
    rng = random.Random(seed)
    return [*_tokens(rng), *_personal(rng), *_named(rng)]


def without(seed: int = 2026) -> list[str]:
    """Every text without any."""
    return harmless.texts(seed)
