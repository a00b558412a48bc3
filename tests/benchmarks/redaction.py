"""What redaction costs on the content of messages, beside writing the same text as JSON and looking through it once."""

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
    redactor = Redactor()
    rows = []
    for name, texts in contents().items():
        kb = sum(len(text.encode()) for text in texts) / 1024
        times = [
            per_kb(texts, kb, rounds, step)
            for step in (redactor.text, lambda text: json.dumps(text, ensure_ascii=False), lambda text: "\x00" in text)
        ]
        rows.append([name, *(f"{each:.2f} µs" for each in times)])
    return markdown(
        "Redaction: CPU a kB of messages", ["", "redaction", "json.dumps", "floor: one character sought"], rows
    )


def per_kb(texts: list[str], kb: float, rounds: int, step: Callable[[str], object]) -> float:
    """Microseconds a kilobyte, of texts nobody has looked at: a text remembers its UTF-8."""
    took = []
    for _ in range(rounds):
        fresh = [text[:1] + text[1:] for text in texts]
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
    }


def _some(rng: random.Random, count: int) -> list[cases.Case]:
    return rng.sample(cases.with_secrets(), count)


def cut(text: str) -> list[str]:
    return [text[at : at + SIZE] for at in range(0, len(text) - SIZE, SIZE)]


def messages(texts: Iterable[str]) -> list[str]:
    return [
        json.dumps([{"role": "user", "parts": [{"type": "text", "content": text}]}], ensure_ascii=False)
        for text in texts
    ]
