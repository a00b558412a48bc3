"""Metrics in programs of their own: what is loaded, forks, a provider that is there already, greenlets, exits."""

import os
import subprocess
import sys
import textwrap

import pytest

from tests.sdk.metrics.conftest import newest, read

START = """
import os, sys, threading
import otel_agents
from otel_agents import metrics, monitor_operation

done = metrics.counter("done")

def configure(**settings):
    otel_agents.configure(**{"metrics": True, "traces_exporter": "none", "system_metrics": False, **settings})
"""


def run(program: str, receiver, **variables: str) -> str:
    """Run a program to its end, and give what it printed; it says nothing on stderr."""
    ran = subprocess.run(
        [sys.executable, "-c", START + textwrap.dedent(program)],
        env={
            **os.environ,
            "PYTHONWARNINGS": "ignore:This process:DeprecationWarning",  # of any fork with threads, since Python 3.12
            "OTEL_EXPORTER_OTLP_ENDPOINT": receiver.url,
            **variables,
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    return ran.stdout


def test_nothing_of_it_is_loaded_before_it_is_on(receiver) -> None:
    program = """
        otel_agents.configure(spool=False)
        done.add(1)
        with monitor_operation("one"):
            pass
        otel_agents.flush()
        heavy = ("opentelemetry.sdk.metrics", "otel_agents.sdk.metrics.build", "asyncio")
        print([name for name in heavy if name in sys.modules])
    """
    assert run(program, receiver) == "[]\n"


def test_the_exit_sends_what_was_measured(receiver) -> None:
    run("configure(); done.add(3)", receiver)
    assert [read(message)["done"].points for _, _, message in receiver.metrics] == [[({}, 3)]]


def test_a_forked_child_sends_its_own_and_nothing_of_the_parents(receiver) -> None:
    program = """
        configure()
        done.add(1, process="parent")
        child = os.fork()
        done.add(10, process="child" if child == 0 else "parent")
        if child == 0:
            with monitor_operation("work", agent_name="Worker"):
                pass
            otel_agents.shutdown()
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
    """
    run(program, receiver)
    child, parent = (message for _, _, message in receiver.metrics)
    assert read(child)["done"].points == [({"process": "child"}, 10)]
    assert [told.count for _, told in read(child)["gen_ai.invoke_agent.duration"].points] == [1]
    assert {name: got.points for name, got in read(parent).items()} == {"done": [({"process": "parent"}, 11)]}
    instances = {
        pair.value.string_value
        for message in (child, parent)
        for pair in message.resource_metrics[0].resource.attributes
        if pair.key == "service.instance.id"
    }
    assert len(instances) == 2


def test_a_child_that_measures_nothing_sends_nothing(receiver) -> None:
    program = """
        configure()
        done.add(1)
        child = os.fork()
        if child == 0:
            print(threading.active_count())
            otel_agents.shutdown()
            os._exit(0)
        os.waitpid(child, 0)
    """
    assert run(program, receiver) == "1\n"
    assert len(receiver.metrics) == 1


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_workers_of_multiprocessing_send_their_own(receiver, tmp_path, method) -> None:
    module = tmp_path / "work.py"
    module.write_text(
        START + "configure()\n\ndef work(n):\n    done.add(n, n=n)\n    return n\n",
        "utf-8",
    )
    program = f"""
        import multiprocessing
        if __name__ == "__main__":
            from work import work
            process = multiprocessing.get_context({method!r}).Process(target=work, args=(5,))
            process.start()
            process.join()
    """
    run(program, receiver, PYTHONPATH=str(tmp_path))
    assert [read(message)["done"].points for _, _, message in receiver.metrics] == [[({"n": 5}, 5)]]


def test_a_provider_that_is_there_is_joined(receiver) -> None:
    program = """
        from opentelemetry import metrics as api
        from opentelemetry.sdk.metrics import MeterProvider
        from opentelemetry.sdk.metrics.export import InMemoryMetricReader
        from opentelemetry.sdk.resources import Resource
        theirs = InMemoryMetricReader()
        provider = MeterProvider([theirs], resource=Resource({"service.name": "theirs"}))
        api.set_meter_provider(provider)
        api.get_meter("their.library").create_counter("their.metric").add(5)
        import logging
        logging.basicConfig(stream=sys.stdout, format="%(message)s")
        configure(service_name="ours")
        configure(service_name="ours")
        api.get_meter("their.library").create_counter("their.other").add(6)
        done.add(1)
        with monitor_operation("work", agent_name="Worker"):
            pass
        otel_agents.flush()
        names = {
            metric.name
            for resource in theirs.get_metrics_data().resource_metrics
            for scope in resource.scope_metrics
            for metric in scope.metrics
        }
        print(sorted(names), api.get_meter_provider() is provider)
    """
    assert run(program, receiver).splitlines() == [
        "Joined the MeterProvider that is already set: its resource and views stay as they are",
        "['done', 'gen_ai.invoke_agent.duration', 'their.metric', 'their.other'] True",
    ]
    assert sorted(newest(receiver)) == ["done", "gen_ai.invoke_agent.duration", "their.other"]
    (resource,) = receiver.metrics[-1][2].resource_metrics
    assert [pair.value.string_value for pair in resource.resource.attributes] == ["theirs"]


def test_without_a_provider_ours_serves_other_libraries_too(receiver) -> None:
    program = """
        from opentelemetry import metrics as api
        theirs = api.get_meter("their.library").create_counter("their.metric")
        configure()
        theirs.add(5)
    """
    run(program, receiver)
    assert newest(receiver)["their.metric"].points == [({}, 5)]


def test_greenlets(receiver) -> None:
    program = """
        from gevent import monkey
        monkey.patch_all()
        import gevent
        called = gevent.event.Event() if hasattr(gevent, "event") else __import__("gevent.event").event.Event()
        metrics.add_collector(called.set, every=0.05)
        configure(metrics_interval=0.05)
        gevent.joinall([gevent.spawn(done.add, 1) for _ in range(50)])
        called.wait()
        with monitor_operation("work", agent_name="Worker"):
            pass
        print(otel_agents.flush())
    """
    assert run(program, receiver) == "True\n"
    assert newest(receiver)["done"].points == [({}, 50)]


def test_an_exit_waits_no_longer_than_it_may_for_who_does_not_answer(receiver) -> None:
    program = """
        import socket, time
        silent = socket.create_server(("127.0.0.1", 0))  # takes connections, and never answers
        configure(endpoint=f"http://127.0.0.1:{silent.getsockname()[1]}", shutdown_timeout=0.5, metrics_interval=0.01)
        done.add(1)
        connection, _ = silent.accept()
        began = time.monotonic()
        otel_agents.shutdown()
        print(time.monotonic() - began < 5, otel_agents.telemetry_health().metrics)
    """
    assert run(program, receiver) == "True {'undelivered': 1}\n"
