"""A ProcessPoolExecutor; each task gets the parent's context as a W3C header, as a request between services does."""

import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from opentelemetry import context, propagate

from otel_agents import configure, monitor_operation, tool

configure()


@tool
def look(n: int) -> int:
    return n


def work(n: int, carrier: dict[str, str]) -> int:
    context.attach(propagate.extract(carrier))
    return look(n)


if __name__ == "__main__":
    with ProcessPoolExecutor(2, mp_context=get_context(sys.argv[1])) as pool, monitor_operation("request"):
        carrier: dict[str, str] = {}
        propagate.inject(carrier)
        print(sorted(pool.map(work, range(6), [carrier] * 6)))
