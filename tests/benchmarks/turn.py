"""The work every SDK is measured on: a turn of 8 spans (an agent, 3 model calls, 4 tools), about 10 attributes each."""

import random
import time
from collections.abc import Callable

SPANS = 8
CALLS = 3
TOOLS = ("search", "read_file", "query", "calculate")
AGENT, USER, SESSION = "Planner", "u-17", "s-4"
REQUEST = {"priority": "high", "channel": "web", "plan": "pro"}  # beside the turn's number
PROVIDER, MODEL = "openai", "gpt-4o"
OPTIONS = {"temperature": 0.2, "max_tokens": 1024}  # beside the attempt's number
INPUT_TOKENS, OUTPUT_TOKENS, CACHED_TOKENS = 812, 96, 512
ARGUMENTS = {"path": "/srv/data/orders.csv", "rows": 120, "cached": False, "score": 0.75, "kind": "file"}

WORDS = ("revenue", "of", "the", "quarter", '"north"', "orders,", "table", "was", "in\npython", "it's", "42", "%")

Turn = Callable[[int, str, str], None]  # its number, the prompt and the answer of its model calls; empty: none
Flush = Callable[[], object]


def texts(size: int, seed: int) -> list[str]:
    """Sixteen texts of about `size` characters, as people write them: words, lines, a quotation now and then."""
    rng = random.Random(seed)
    return [" ".join(rng.choices(WORDS, k=size))[:size] for _ in range(16)]


PROMPTS = texts(4096, seed=1)
ANSWERS = texts(2048, seed=2)


def loop(turn: Turn, turns: int, *, content: bool = False) -> None:
    """Take so many turns, with prompts and answers or without."""
    for at in range(turns):
        if content:
            turn(at, PROMPTS[at % 16], ANSWERS[at % 16])
        else:
            turn(at, "", "")


def measure(turn: Turn, flush: Flush, turns: int, *, content: bool = False) -> dict[str, float]:
    """Microseconds a span: CPU of the calling thread, and of the whole process until everything is flushed."""
    process, thread = time.process_time(), time.thread_time()
    loop(turn, turns, content=content)
    thread = time.thread_time() - thread
    flush()
    process = time.process_time() - process
    return {"thread": thread / turns / SPANS * 1e6, "process": process / turns / SPANS * 1e6}
