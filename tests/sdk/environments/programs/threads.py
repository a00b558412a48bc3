"""Work handed to other threads; they go on in the context of who hands it over, as the setting given says."""

import asyncio
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from multiprocessing.pool import ThreadPool

from otel_agents import carry, configure, context, monitor_operation, tool

configure(threads=sys.argv[1])


@tool
def look(how: str) -> None: ...


class Worker(threading.Thread):
    def run(self) -> None:
        look("a thread with a run of its own")


def start(thread: threading.Thread) -> None:
    thread.start()
    thread.join()
    try:
        thread.start()  # which is refused, as ever
    except RuntimeError:
        pass
    else:
        raise AssertionError("a thread was started twice")
    assert "run" not in vars(thread)


async def in_asyncio() -> None:
    await asyncio.gather(asyncio.to_thread(look, "to_thread"), asyncio.create_task(in_task()))
    await asyncio.get_running_loop().run_in_executor(None, look, "run_in_executor")


async def in_task() -> None:
    look("task")


with ThreadPoolExecutor(2) as pool, ThreadPool(2) as other_pool:
    with context(session="s", user="u", tenant="t", experiment="b"), monitor_operation("request"):
        for _ in range(3):
            pool.submit(look, "pool").result()
        list(pool.map(look, ["pool map"]))
        other_pool.map(carry(look), ["another pool, carried"])
        pool.submit(copy_context().run, look, "pool, by copy_context").result()
        start(threading.Thread(target=look, args=("thread",)))
        start(threading.Timer(0, look, ("timer",)))
        start(Worker())
        threads = [threading.Thread(target=carry(look), args=("thread, carried",)) for _ in range(2)]
        for thread in threads:
            thread.start()
        asyncio.run(in_asyncio())
        late = carry(look)
    for thread in threads:
        thread.join()
    late("later, carried")
    pool.submit(look, "alone").result()  # in a thread that began in the request
    start(threading.Thread(target=look, args=("alone",)))
