"""A function that answers one line at a time and may be frozen in between, as serverless platforms do."""

import sys

from otel_agents import agent, configure, flush

configure(interval=3600)  # nothing but flush() sends


@agent("Function")
def answer(line: str) -> str:
    return line.upper()


for line in sys.stdin:
    answer(line)
    print(flush(), flush=True)
