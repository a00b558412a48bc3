"""The program's own counters, gauges and histograms, as they arrive at a receiver."""

import logging
import threading
from decimal import Decimal

import pytest

import otel_agents
from otel_agents import metrics
from otel_agents.errors import ConfigurationError
from tests.sdk.metrics.conftest import Arrived, Distribution, newest


def test_a_counter_adds_up_by_labels(configure, receiver) -> None:
    orders = metrics.counter("orders", unit="{order}", description="Orders taken")
    configure()
    orders.add(2, region="eu")
    orders.add(region="us")
    orders.add(0.5, region="eu")
    assert otel_agents.flush()
    assert newest(receiver) == {
        "orders": Arrived("sum", "{order}", [({"region": "eu"}, 2.5), ({"region": "us"}, 1)]),
    }
    orders.add(region="us")
    assert otel_agents.flush()
    assert newest(receiver)["orders"].points == [({"region": "eu"}, 2.5), ({"region": "us"}, 2)]


def test_a_gauge_has_its_newest_value(configure, receiver) -> None:
    waiting = metrics.gauge("waiting")
    configure()
    waiting.set(3, queue="a")
    waiting.set(-1.5, queue="a")
    waiting.set(7)
    assert otel_agents.flush()
    assert newest(receiver) == {"waiting": Arrived("gauge", "", [({"queue": "a"}, -1.5), ({}, 7)])}


def test_a_histogram_shows_the_distribution(configure, receiver) -> None:
    sizes = metrics.histogram("answer.size", unit="By", buckets=[10, 100])
    configure()
    for size in (5, 10, 50, 1000):
        sizes.record(size, kind="text")
    assert otel_agents.flush()
    expected = Distribution(4, 1065, {10: 2, 100: 1, float("inf"): 1})
    assert newest(receiver) == {"answer.size": Arrived("histogram", "By", [({"kind": "text"}, expected)])}


def test_seconds_get_buckets_that_fit_them(configure, receiver) -> None:
    took = metrics.histogram("took", unit="s")
    configure()
    took.record(0.3)
    assert otel_agents.flush()
    assert newest(receiver)["took"].points == [({}, Distribution(1, 0.3, {0.32: 1}))]


def test_nothing_is_counted_until_metrics_are_on(configure, receiver) -> None:
    early = metrics.counter("early")
    early.add(5)
    configure()
    assert otel_agents.flush()
    early.add(1)
    assert otel_agents.flush()
    assert newest(receiver) == {"early": Arrived("sum", "", [({}, 1)])}


def test_configured_again_it_counts_from_nothing(configure, receiver) -> None:
    again = metrics.counter("again")
    configure()
    again.add(5)
    configure()
    again.add(1)
    assert otel_agents.flush()
    assert newest(receiver)["again"].points == [({}, 1)]
    configure(metrics=False)
    again.add(7)
    otel_agents.shutdown()
    assert newest(receiver)["again"].points == [({}, 1)]


def test_an_instrument_may_be_made_when_metrics_are_on(configure, receiver) -> None:
    configure()
    metrics.counter("late").add(3)
    assert otel_agents.flush()
    assert newest(receiver) == {"late": Arrived("sum", "", [({}, 3)])}


def test_a_name_gives_the_same_instrument_again() -> None:
    assert metrics.counter("one.and.the.same") is metrics.counter("one.and.the.same")


def test_any_order_of_labels_is_the_same_set(configure, receiver) -> None:
    ordered = metrics.counter("ordered")
    configure()
    ordered.add(1, a=1, b="x")
    ordered.add(1, b="x", a=1)
    assert otel_agents.flush()
    assert newest(receiver)["ordered"].points == [({"a": 1, "b": "x"}, 2)]


def test_a_label_of_any_type_becomes_one_that_can_be_sent(configure, receiver) -> None:
    odd = metrics.counter("odd")
    configure()
    odd.add(1, flag=True, ratio=0.5, nothing=None, many=["a", 1], text="x" * 300, price=Decimal("1.5"))
    assert otel_agents.flush()
    expected = {"flag": True, "ratio": 0.5, "many": "['a', 1]", "text": "x" * 200, "price": "1.5"}
    assert newest(receiver)["odd"].points == [(expected, 1)]


def test_what_cannot_be_counted_is_noted_once_and_never_raises(configure, receiver, caplog) -> None:
    wrong = metrics.counter("wrong")
    level = metrics.gauge("wrong.level")
    configure()
    with caplog.at_level(logging.WARNING, "otel_agents"):
        for amount in (-1, float("nan"), "many", None):
            wrong.add(amount)
        level.set(float("inf"))
        level.set(-3)
        wrong.add(Decimal("1.5"))
    assert otel_agents.flush()
    assert {name: got.points for name, got in newest(receiver).items()} == {
        "wrong": [({}, 1.5)],
        "wrong.level": [({}, -3)],
    }
    assert otel_agents.telemetry_health().metrics["unusable"] == 5
    assert [record.getMessage() for record in caplog.records] == [
        "The metric wrong was given what it cannot count, such as -1",
        "The metric wrong.level was given what it cannot count, such as inf",
    ]


def test_too_many_label_sets_become_one_and_are_counted(configure, receiver, caplog) -> None:
    users, seen, times = metrics.counter("users"), metrics.gauge("seen"), metrics.histogram("times", buckets=[1])
    configure(label_limit=2)
    with caplog.at_level(logging.WARNING, "otel_agents"):
        for user in range(5):
            users.add(1, user=user)
            seen.set(user, user=user)
            times.record(user, user=user)
        users.add(1, user=0)  # one that was there before the limit goes on
    assert otel_agents.flush()
    over = {"otel.metric.overflow": True}
    assert {name: got.points for name, got in newest(receiver).items()} == {
        "users": [(over, 3), ({"user": 0}, 2), ({"user": 1}, 1)],
        "seen": [(over, 4), ({"user": 0}, 0), ({"user": 1}, 1)],
        "times": [
            (over, Distribution(3, 9, {float("inf"): 3})),
            ({"user": 0}, Distribution(1, 0, {1: 1})),
            ({"user": 1}, Distribution(1, 1, {1: 1})),
        ],
    }
    assert otel_agents.telemetry_health().metrics["over_label_limit"] == 9
    assert [record.getMessage() for record in caplog.records] == [
        f"The metric {name} has more than 2 label sets; further ones are added up as one"
        for name in ("users", "seen", "times")
    ]


def test_threads_that_count_at_once_lose_nothing(configure, receiver) -> None:
    shared = metrics.counter("shared")
    configure()

    def work() -> None:
        for n in range(1000):
            shared.add(1, n=n % 3)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert otel_agents.flush()
    assert newest(receiver)["shared"].points == [({"n": 0}, 2672), ({"n": 1}, 2664), ({"n": 2}, 2664)]


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda: metrics.counter("1st"), "metric name '1st': expected a letter, then letters, digits"),
        (lambda: metrics.counter(3), "metric name 3: expected a letter, then letters, digits"),
        (lambda: metrics.counter("a b"), "metric name 'a b': expected a letter"),
        (lambda: metrics.gauge("ok.unit", unit="é"), "unit 'é' of metric 'ok.unit': expected at most 63"),
        (lambda: metrics.histogram("up", buckets=[2, 1]), "buckets of metric 'up': expected numbers that ascend"),
        (lambda: metrics.histogram("up", buckets=["a"]), "buckets of metric 'up': expected numbers that ascend"),
    ],
)
def test_a_wrong_declaration_is_named(make, expected) -> None:
    with pytest.raises(ConfigurationError, match="^" + expected):
        make()


def test_one_name_is_one_kind() -> None:
    metrics.counter("one.kind")
    with pytest.raises(ConfigurationError, match=r"^metric 'one.kind' is a counter already, expected a gauge$"):
        metrics.gauge("one.kind")
