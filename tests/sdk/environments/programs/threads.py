"""Work handed to other threads, with and without the context of who hands it over."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context

from otel_agents import configure, monitor_operation, tool

configure()


@tool
def look(how: str) -> None: ...


@tool
def look_alone() -> None: ...


async def in_asyncio() -> None:
    await asyncio.to_thread(look, "to_thread")


with ThreadPoolExecutor(2) as pool, monitor_operation("request"):
    for _ in range(3):  # the pool's threads are used again: nothing of the work before may be left in them
        pool.submit(copy_context().run, look, "pool").result()
        pool.submit(look_alone).result()
    thread = threading.Thread(target=copy_context().run, args=(look, "thread"))
    thread.start()
    thread.join()
    asyncio.run(in_asyncio())
