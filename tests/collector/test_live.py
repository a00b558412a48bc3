from __future__ import annotations

import asyncio
import threading

from otel_agents.collector.live import Commits, LiveFeed
from otel_agents.collector.store.store import Commit


async def begin(feed: LiveFeed) -> tuple[asyncio.Task[list[Commits]], list[Commits]]:
    """Begin to listen; the task ends when the feed is closed."""
    heard: list[Commits] = []
    listening = asyncio.Event()

    async def listen() -> list[Commits]:
        news = feed.subscribe()
        waiting = asyncio.ensure_future(anext(news, None))
        await asyncio.sleep(0)
        listening.set()
        while (commits := await waiting) is not None:
            heard.append(commits)
            waiting = asyncio.ensure_future(anext(news, None))
        return heard

    task = asyncio.create_task(listen())
    await listening.wait()
    return task, heard


def publish(feed: LiveFeed, *commits: Commit) -> None:
    """As the writer does: from a thread of its own."""
    thread = threading.Thread(target=lambda: [feed.publish(commit) for commit in commits])
    thread.start()
    thread.join()


async def test_every_listener_hears_of_a_commit():
    feed = LiveFeed()
    listeners = [await begin(feed) for _ in range(2)]
    publish(feed, Commit(3, ("a", "b")))
    feed.close()
    assert [await task for task, _ in listeners] == [[Commits(3, frozenset("ab"))]] * 2


async def test_a_slow_listener_is_told_the_sum_and_nobody_waits_for_it():
    feed = LiveFeed()
    task, _ = await begin(feed)
    publish(feed, *(Commit(1, (trace,)) for trace in "aabc"))  # all before the listener has its turn
    feed.close()
    assert await task == [Commits(4, frozenset("abc"))]


async def test_a_commit_of_nothing_is_no_news():
    feed = LiveFeed()
    task, _ = await begin(feed)
    publish(feed, Commit(0, ()))
    feed.close()
    assert await task == []


async def test_who_stopped_listening_is_forgotten():
    feed = LiveFeed()
    news = feed.subscribe()
    publish(feed, Commit(1, ("before",)))
    waiting = asyncio.ensure_future(anext(news))
    await asyncio.sleep(0)
    publish(feed, Commit(1, ("a",)))
    assert await waiting == Commits(1, frozenset("a"))
    await news.aclose()
    publish(feed, Commit(1, ("after",)))
    feed.close()


async def test_a_closed_feed_ends_at_once():
    feed = LiveFeed()
    feed.close()
    assert [commits async for commits in feed.subscribe()] == []
