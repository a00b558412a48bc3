"""A ProcessPoolExecutor whose tasks get the parent's context: as headers, as requests do, and by carry."""

import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from opentelemetry import context as otel
from opentelemetry import propagate

from otel_agents import carry, configure, context, monitor_operation, tool

configure()


@tool
def look(n: int) -> int:
    return n


def work(n: int, headers: dict[str, str]) -> int:
    token = otel.attach(propagate.extract(headers))
    try:
        return look(n)
    finally:
        otel.detach(token)


if __name__ == "__main__":
    with ProcessPoolExecutor(2, mp_context=get_context(sys.argv[1])) as pool:
        print(pool.submit(look, 9).result())  # the workers begin here
        with context(session="s", user="ü, 1", tenant="t", experiment="b"), monitor_operation("request"):
            headers: dict[str, str] = {}
            propagate.inject(headers)
            print(sorted([*pool.map(work, range(6), [headers] * 6), *pool.map(carry(look), range(6, 9))]))
