"""What redaction costs on the content of messages, beside writing the same text as JSON and as UTF-8."""

import functools
import json
import random
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from otel_agents.redaction.redactor import Redactor
from tests.benchmarks import turn
from tests.benchmarks.table import markdown
from tests.redaction.corpus import cases

ROOT = Path(__file__).parents[2]
SIZE = 4096  # characters of a message


def run(*, quick: bool) -> str:
    rounds = 3 if quick else 25
    rows = []
    for name, texts in contents().items():
        kb = sum(len(text.encode()) for text in texts) / 1024
        utf8 = per_kb(texts, kb, rounds, lambda: str.encode)
        # A text remembers its UTF-8, which the encoder writes: whoever asks for it first pays for both.
        redaction = per_kb(texts, kb, rounds, lambda: redacted_utf8(Redactor())) - utf8
        as_json = per_kb(texts, kb, rounds, lambda: functools.partial(json.dumps, ensure_ascii=False))
        rows.append(
            [name, f"{redaction:.2f} µs", f"{redaction / as_json:.2f} ×", f"{as_json:.2f} µs", f"{utf8:.2f} µs"]
        )
    return markdown(
        "Redaction: CPU a kB of messages", ["", "redaction", "to json.dumps", "json.dumps", "as UTF-8"], rows
    )


def redacted_utf8(redactor: Redactor) -> Callable[[str], bytes]:
    return lambda text: redactor.text(text).encode(errors="replace")


def per_kb(texts: list[str], kb: float, rounds: int, make_step: Callable[[], Callable[[str], object]]) -> float:
    """Microseconds a kilobyte, of texts nobody has looked at, by somebody who has not looked at any."""
    took = []
    for _ in range(rounds):
        fresh = [text[:1] + text[1:] for text in texts]
        step = make_step()
        step("to load what is loaded with the first text")
        began = time.process_time_ns()
        for text in fresh:
            step(text)
        took.append((time.process_time_ns() - began) / kb / 1000)
    return min(took)  # other work on the machine only adds


def contents() -> dict[str, list[str]]:
    """Messages as they are recorded, by what is said in them."""
    rng = random.Random(1)
    prose = "\n".join((ROOT / name).read_text("utf-8") for name in ("ARCHITECTURE.md", "CONTRIBUTING.md", "LICENSE"))
    code = "\n".join(file.read_text("utf-8") for file in sorted((ROOT / "otel_agents" / "health").glob("*.py")))
    rows = json.dumps([{"id": n, "region": "north", "amount": rng.randint(1, 10**6) / 100} for n in range(2000)])
    found = [f"{turn.PROMPTS[at][: SIZE - 400]}\n{case.text[:400]}" for at, case in enumerate(_some(rng, 16))]
    return {
        "prose": messages(cut(prose.encode("ascii", "ignore").decode())),
        "prose with dashes, quotes, µ (no ASCII)": messages(cut(prose.replace("'", "’"))),
        "code": messages(cut(code.encode("ascii", "ignore").decode())),
        "rows of numbers, as a tool gives them": messages(cut(rows)),
        "prose, each message with a secret in it": messages(found),
        "a conversation that grows to 30 messages": growing(cut(prose.encode("ascii", "ignore").decode())),
        "such a one, with a secret in its first message": growing([found[0], *cut(prose)]),
    }


def growing(texts: list[str]) -> list[str]:
    """What is asked in each call of a conversation: all that was said before, and 1,500 characters more."""
    said = [{"role": "user", "content": texts[at % len(texts)][-1500:]} for at in range(30)]
    return [json.dumps(said[: at + 1], ensure_ascii=False) for at in range(len(said))]


def _some(rng: random.Random, count: int) -> list[cases.Case]:
    return rng.sample(cases.with_secrets(), count)


def cut(text: str) -> list[str]:
    return [text[at : at + SIZE] for at in range(0, len(text) - SIZE, SIZE)]


def messages(texts: Iterable[str]) -> list[str]:
    return [
        json.dumps([{"role": "user", "parts": [{"type": "text", "content": text}]}], ensure_ascii=False)
        for text in texts
    ]
