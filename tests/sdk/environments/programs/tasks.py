"""Tasks of asyncio: side by side, in a group, cancelled, and outliving the operation they were begun in."""

import asyncio

from otel_agents import agent, configure, monitor_operation, tool

configure()


@tool
async def look(n: int) -> int:
    await asyncio.sleep(0)
    with monitor_operation(f"inside {n}"):
        await asyncio.sleep(0)
    return n


@tool
async def wait() -> None:
    await asyncio.Event().wait()


@agent("Gatherer")
async def gather() -> list[int]:
    return await asyncio.gather(look(1), look(2))


@agent("Grouper")
async def group() -> None:
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(look(3))
        tasks.create_task(look(4))


@agent("Canceller")
async def cancel() -> None:
    task = asyncio.create_task(wait())
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])


async def main() -> None:
    await gather()
    await group()
    await cancel()
    over = asyncio.Event()

    async def late() -> None:
        await over.wait()
        await look(5)

    with monitor_operation("begin"):
        task = asyncio.create_task(late())
    over.set()
    with monitor_operation("afterwards"):
        await task


asyncio.run(main())
