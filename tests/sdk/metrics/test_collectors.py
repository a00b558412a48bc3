"""Functions of the program that are called now and then."""

import threading

import pytest

import otel_agents
from otel_agents import metrics
from otel_agents.errors import ConfigurationError
from otel_agents.sdk import faults
from tests.sdk.metrics.conftest import newest


class Calls:
    """A function that counts its calls, and can be waited for."""

    def __init__(self) -> None:
        self.came = threading.Semaphore(0)

    def __call__(self) -> None:
        self.came.release()

    def wait(self, times: int = 1) -> None:
        for _ in range(times):
            assert self.came.acquire(timeout=60)


def test_it_is_called_at_once_and_then_every_so_many_seconds(configure) -> None:
    often, seldom = Calls(), Calls()
    metrics.add_collector(often, every=0.01)
    metrics.add_collector(seldom, every=1000)
    configure()
    often.wait(5)
    seldom.wait()
    metrics.remove_collector(often)
    metrics.remove_collector(seldom)
    assert not seldom.came.acquire(blocking=False)


def test_one_may_be_added_while_metrics_are_on(configure) -> None:
    configure()
    late = Calls()
    metrics.add_collector(late)
    late.wait()
    metrics.remove_collector(late)


def test_it_sets_gauges(configure, receiver) -> None:
    waiting, done = metrics.gauge("jobs.waiting"), Calls()

    @metrics.collector(every=1000)
    def look() -> None:
        waiting.set(12)
        done()

    configure()
    done.wait()
    assert otel_agents.flush()
    assert newest(receiver)["jobs.waiting"].points == [({}, 12)]
    metrics.remove_collector(look)


def test_a_coroutine_function_may_be_one(configure) -> None:
    done = Calls()

    @metrics.collector(every=1000)
    async def look() -> None:
        done()

    configure()
    done.wait()
    metrics.remove_collector(look)


def test_one_that_fails_or_hangs_stops_no_other(configure, monkeypatch, caplog) -> None:
    monkeypatch.setattr(faults, "raising", False)
    monkeypatch.setattr(faults, "counts", type(faults.counts)())
    failing, fine, hung, go_on = Calls(), Calls(), Calls(), threading.Event()

    def broken() -> None:
        failing()
        raise RuntimeError("the queue is gone")

    def hanging() -> None:
        hung()
        go_on.wait(60)

    for function in (broken, hanging, fine):
        metrics.add_collector(function, every=0.01)
    configure()
    failing.wait(3)
    hung.wait()
    fine.wait(3)
    go_on.set()
    otel_agents.shutdown()
    for function in (broken, hanging, fine):
        metrics.remove_collector(function)
    (place,) = (where for where in faults.counts if "broken" in where)
    assert faults.counts[place] >= 2
    assert [record.getMessage() for record in caplog.records if "broken" in record.getMessage()] == [
        f"{place} failed; the program goes on, and this is not said again"
    ]


def test_it_is_called_no_more_after_the_shutdown(configure) -> None:
    calls = Calls()
    metrics.add_collector(calls, every=0.01)
    configure()
    calls.wait()
    otel_agents.shutdown()
    assert [thread.name for thread in threading.enumerate() if thread.name.startswith("otel-agents")] == []
    metrics.remove_collector(calls)


@pytest.mark.parametrize(
    ("function", "every", "expected"),
    [
        (3, 1, "expected a function that can be called without arguments, got 3"),
        (print, 0, "every: expected seconds, at least 0.01, got 0"),
        (print, "1", "every: expected seconds, at least 0.01, got '1'"),
        (print, float("nan"), "every: expected seconds, at least 0.01, got nan"),
    ],
)
def test_what_is_wrong_is_named(function, every, expected) -> None:
    with pytest.raises(ConfigurationError, match=f"^{expected}$"):
        metrics.add_collector(function, every)
