"""Threads, tasks of asyncio and greenlets: whose parent is whose, and nothing is lost."""

import json
import socket
import time

import pytest

from tests.sdk.environments.conftest import links, told

IDENTITY = {"session.id": "s", "user.id": "u", "tenant.id": "t", "experiment": "b"}


CARRIED = ["another pool, carried", "later, carried", "pool, by copy_context", "task", "thread, carried"]
CARRIED += ["thread, carried", "to_thread"]
POOLS = ["pool", "pool", "pool", "pool map", "run_in_executor"]
THREADS = ["a thread with a run of its own", "thread", "timer"]


@pytest.mark.parametrize(
    ("threads", "below"),
    [("all", [*CARRIED, *POOLS, *THREADS]), ("pools", [*CARRIED, *POOLS]), ("none", CARRIED)],
)
def test_threads_go_on_in_the_context_they_are_started_in(receiver, run, threads, below) -> None:
    run("threads", threads)
    spans = [span for span in told(receiver) if span.name == "execute_tool look"]
    how = {True: [], False: []}
    for span in spans:
        identity = {key: value for key, value in span.attributes.items() if key in IDENTITY}
        assert identity == (IDENTITY if span.parent == "request" else {})
        how[span.parent == "request"].append(json.loads(span.attributes["gen_ai.tool.call.arguments"])["how"])
    alone = [how for how in [*POOLS, *THREADS] if how not in below]
    assert (sorted(how[True]), sorted(how[False])) == (sorted(below), sorted([*alone, "alone", "alone"]))


def test_tasks_of_asyncio(receiver, run) -> None:
    run("tasks")
    look = "execute_tool look"
    assert links(receiver) == sorted(
        [
            *[(f"invoke_agent {name}", None) for name in ("Gatherer", "Grouper", "Canceller")],
            *[(look, "invoke_agent Gatherer")] * 2,
            *[(look, "invoke_agent Grouper")] * 2,
            *[(f"inside {n}", look) for n in range(1, 6)],
            ("execute_tool wait", "invoke_agent Canceller"),
            ("begin", None),
            ("afterwards", None),
            (look, "begin"),  # the task is the one that began it, and outlives it; who awaits it has no part in it
        ],
        key=str,
    )
    cancelled = [span for span in told(receiver) if span.name == "execute_tool wait"]
    assert cancelled[0].attributes["error.type"] == "asyncio.exceptions.CancelledError"


def test_greenlets(receiver, run) -> None:
    run("greenlets")
    look = "execute_tool look"
    inside = [(f"inside {n}", look) for n in range(3)] * 2 + [("inside 9", look)]
    requests = [(look, name) for name in ("first", "second") for _ in range(3)]
    assert links(receiver) == sorted([*inside, *requests, (look, None), ("first", None), ("second", None)], key=str)
    assert len({span.trace for span in told(receiver)}) == 3


def test_a_burst_of_greenlets_arrives_whole(receiver, run) -> None:
    assert run("greenlets", "burst", "flush").startswith("True 4000\n")
    assert len(receiver.names()) == 4000


def test_greenlets_end_in_time_when_nobody_answers(run, environment) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(8)
        environment["OTEL_EXPORTER_OTLP_ENDPOINT"] = f"http://127.0.0.1:{silent.getsockname()[1]}"
        environment |= {"OTEL_AGENTS_SHUTDOWN_TIMEOUT": "0.5", "OTEL_EXPORTER_OTLP_TIMEOUT": "60"}
        said = run("greenlets", "quiet")
    assert time.time() - float(said) < 30  # half of what an answer is waited for while it runs
