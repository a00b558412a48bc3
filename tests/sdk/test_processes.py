"""Programs that end, fork, or have no collector: each a process of its own."""

import os
import signal
import socket
import subprocess
import sys
import time

import pytest

from tests.sdk.receiving import receiving


@pytest.fixture
def receiver():
    with receiving() as server:
        yield server


def run(program: str, endpoint: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a program to its end; it must neither fail nor hang."""
    # From Python 3.12 on any fork of a process with threads warns, whether or not it is a danger.
    quiet = "ignore:This process:DeprecationWarning"
    preamble = "import os, otel_agents\nfrom otel_agents import configure, monitor_operation\n"
    return subprocess.run(
        [sys.executable, "-c", preamble + program],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "PYTHONWARNINGS": quiet, "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint, **environment},
    )


def test_what_is_left_is_sent_at_the_exit(receiver) -> None:
    ran = run("configure()\nwith monitor_operation('work'): print('done')", receiver.url)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "done\n", "")
    assert receiver.names() == ["work"]


def test_a_program_that_fails_still_says_why_and_sends(receiver) -> None:
    ran = run("configure()\nwith monitor_operation('work'): raise SystemExit(3)", receiver.url)
    assert (ran.returncode, ran.stderr) == (3, "")
    assert receiver.names() == ["work"]


def test_without_a_collector_the_program_runs_and_one_line_says_so() -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{reserved.getsockname()[1]}"
    program = (
        "configure()\nfor _ in range(3):\n  with monitor_operation('work'): pass\n  otel_agents.flush()\nprint('done')"
    )
    ran = run(program, url)
    assert (ran.returncode, ran.stdout) == (0, "done\n")
    assert ran.stderr == (
        f"No answer from {url}/v1/traces (Connection refused). The program goes on without it. "
        "To see its spans, start a collector: otel-agents up\n"
    )


def test_a_receiver_that_never_answers_holds_the_exit_no_longer_than_set() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(8)
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        program = (
            "import time\nconfigure(shutdown_timeout=0.3, timeout=60)\n"
            "with monitor_operation('work'): pass\nprint(time.time())"
        )
        ran = run(program, url)
    assert ran.returncode == 0
    assert time.time() - float(ran.stdout) < 30  # half of what an answer is waited for while it runs


def test_a_receiver_that_takes_what_it_is_sent_has_longer_than_set(receiver) -> None:
    receiver.takes_s = 0.1
    program = """
configure(shutdown_timeout=0.5, batch_size=1, spool=False)
with monitor_operation("work 0"): pass
otel_agents.flush()  # until the client is loaded, nothing is taken
for n in range(1, 9):
    with monitor_operation(f"work {n}"): pass
"""
    ran = run(program, receiver.url)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert receiver.names() == [f"work {n}" for n in range(9)]


def test_a_fork_sends_its_own_spans_once_and_the_parent_its_own(receiver) -> None:
    program = """
configure(interval=3600)
with monitor_operation("before"): pass
pid = os.fork()
with monitor_operation("child" if pid == 0 else "parent"): pass
if pid: os.waitpid(pid, 0)
"""
    ran = run(program, receiver.url)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert sorted(receiver.names()) == ["before", "child", "parent"]


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_processes_of_multiprocessing(receiver, method, tmp_path) -> None:
    program = tmp_path / "program.py"
    program.write_text(
        f"""
import multiprocessing
from otel_agents import configure, monitor_operation

configure()

def work(n):
    with monitor_operation(f"child {{n}}"):
        return n

if __name__ == "__main__":
    with monitor_operation("parent"):
        workers = [multiprocessing.get_context("{method}").Process(target=work, args=(n,)) for n in range(2)]
        for worker in workers: worker.start()
        for worker in workers: worker.join()
"""
    )
    ran = subprocess.run(
        [sys.executable, program],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "OTEL_EXPORTER_OTLP_ENDPOINT": receiver.url},
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert sorted(receiver.names()) == ["child 0", "child 1", "parent"]


def test_a_burst_from_many_threads_arrives_whole(receiver) -> None:
    program = """
import threading
configure()
def burst(n):
    for i in range(2000):
        with monitor_operation(f"{n}-{i}", tool="t", a=1, b="x"): pass
threads = [threading.Thread(target=burst, args=(n,)) for n in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
"""
    ran = run(program, receiver.url, OTEL_AGENTS_SHUTDOWN_TIMEOUT="30")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert sorted(receiver.names()) == sorted(f"{n}-{i}" for n in range(8) for i in range(2000))


def test_the_programs_own_provider_is_joined(receiver) -> None:
    program = """
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
theirs = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(theirs))
trace.set_tracer_provider(provider)
configure()
configure()
with monitor_operation("request", agent_name="A", user_id="u"):
    with trace.get_tracer("stock").start_as_current_span("inside") as span:
        assert span.attributes["user.id"] == "u"
    with monitor_operation("again", agent_name="A"): pass
    with monitor_operation("ask", model="gpt-4o", provider="openai") as op: op.usage(input_tokens=10, output_tokens=1)
print([span.name for span in theirs.get_finished_spans()])
print(otel_agents.metrics_collector.metrics["A"].total_requests)
otel_agents.flush()
"""
    ran = run(program, receiver.url)
    assert (ran.returncode, ran.stdout) == (0, "['inside', 'again', 'ask', 'request']\n1\n")
    assert ran.stderr.startswith("Joined the TracerProvider that is already set")
    assert receiver.names() == ["inside", "again", "ask", "request"]
    _, _, message = receiver.requests[0]
    spans = [span for scope in message.resource_spans[0].scope_spans for span in scope.spans]
    assert "operation.cost" in {pair.key for span in spans if span.name == "ask" for pair in span.attributes}


def test_exporting_over_grpc_without_a_collector_does_not_hold_the_exit() -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{reserved.getsockname()[1]}"
    program = (
        "import time\nconfigure(protocol='grpc', retry_for=60)\n"
        "with monitor_operation('work'): pass\nprint(time.time())"
    )
    ran = run(program, url, OTEL_AGENTS_SHUTDOWN_TIMEOUT="0.3")
    assert ran.returncode == 0
    assert time.time() - float(ran.stdout) < 30  # half of what it is tried again for while it runs


def test_importing_loads_neither_the_sdk_nor_an_http_client_nor_what_reads_answers() -> None:
    others = "'opentelemetry.sdk.trace', 'urllib3', 'requests', 'grpc', 'google.protobuf', 'genai_prices', 'psutil'"
    ours = "'otel_agents.sdk.answers', 'otel_agents.sdk.monitoring.views', 'otel_agents.pricing'"
    heavy = f"{{{others}, {ours}}}"
    ran = run(f"import sys\nprint(sorted({heavy} & set(sys.modules)))", "http://127.0.0.1:1")
    assert (ran.stdout, ran.stderr) == ("[]\n", "")


def test_interrupted_it_ends_like_any_program(receiver) -> None:
    program = """
import otel_agents, time
from otel_agents import configure, monitor_operation
configure(service_name="s")
with monitor_operation("work"):
    print("in", flush=True)
    time.sleep(30)
"""
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "OTEL_EXPORTER_OTLP_ENDPOINT": receiver.url},
    )
    with process:
        assert process.stdout.readline() == "in\n"
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert said.strip().endswith("KeyboardInterrupt")
    assert receiver.names() == ["work"]


def test_a_burst_of_50_000_spans_arrives_whole(receiver) -> None:
    program = """
configure()
for i in range(50_000):
    with monitor_operation("work", tool="search", turn=i, path="/srv/data", cached=False): pass
otel_agents.flush(60)
told = otel_agents.telemetry_health()
print(told.emitted, told.delivered, told.dropped)
"""
    ran = run(program, receiver.url)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "50000 50000 {}\n", "")
    assert len(receiver.names()) == 50_000


def test_more_bytes_than_may_wait_are_dropped_and_counted() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(8)
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        program = """
configure(queue_bytes=100_000, batch_size=10, shutdown_timeout=0.2, spool=False)
for _ in range(300):
    with monitor_operation("work", text="x" * 1000): pass
otel_agents.shutdown()
told = otel_agents.telemetry_health()
print(told.emitted, sorted(told.dropped), sum(told.dropped.values()), told.dropped["shutdown"] < 100)
"""
        ran = run(program, url)
    assert (ran.returncode, ran.stdout) == (0, "300 ['queue_full', 'shutdown'] 300 True\n")
