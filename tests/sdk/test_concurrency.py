"""Threads, pools, tasks, forks, greenlets and servers: spans keep their parents, and all arrive."""

import os
import signal
import socket
import subprocess
import sys
import urllib.request

import pytest

from tests.sdk.receiving import Receiver, receiving

PREAMBLE = "import os, sys, otel_agents\nfrom otel_agents import configure, monitor_operation, workflow, agent, tool\n"


@pytest.fixture
def receiver():
    with receiving() as server:
        yield server


def run(program: str, receiver: Receiver, tmp_path) -> str:
    """Run a program to its end; it may not complain."""
    file = tmp_path / "program.py"
    file.write_text(PREAMBLE + program)
    ran = subprocess.run(
        [sys.executable, file],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "OTEL_EXPORTER_OTLP_ENDPOINT": receiver.url},
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    return ran.stdout


def tree(receiver: Receiver) -> dict[str, str | None]:
    """Each span's name, and its parent's; names come once."""
    spans = [
        span
        for _, _, message in receiver.requests
        for resource in message.resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]
    names = {span.span_id: span.name for span in spans}
    assert len(names) == len(spans)
    return {span.name: names.get(span.parent_span_id) for span in spans}


def test_a_thread_that_is_given_the_context_goes_on_below(receiver, tmp_path) -> None:
    program = """
import contextvars, threading
configure()
def work(name):
    with monitor_operation(name): pass
with monitor_operation("parent"):
    given = threading.Thread(target=contextvars.copy_context().run, args=(work, "given"))
    alone = threading.Thread(target=work, args=("alone",))
    for thread in (given, alone): thread.start()
    for thread in (given, alone): thread.join()
"""
    run(program, receiver, tmp_path)
    assert tree(receiver) == {"parent": None, "given": "parent", "alone": None}


def test_a_pool_of_threads(receiver, tmp_path) -> None:
    program = """
import contextvars
from concurrent.futures import ThreadPoolExecutor
configure()
def work(n):
    with monitor_operation(f"child {n}"): pass
with ThreadPoolExecutor(4) as pool, monitor_operation("parent"):
    for n in range(20): pool.submit(contextvars.copy_context().run, work, n)
"""
    run(program, receiver, tmp_path)
    assert tree(receiver) == {"parent": None, **{f"child {n}": "parent" for n in range(20)}}


def test_tasks_and_threads_of_asyncio(receiver, tmp_path) -> None:
    program = """
import asyncio
configure()
@tool
async def search(n):
    await asyncio.sleep(0)
    with monitor_operation(f"inside {n}"): await asyncio.sleep(0)
def work():
    with monitor_operation("thread"): pass
@agent("A")
async def main():
    await asyncio.gather(*(search(n) for n in range(3)), asyncio.to_thread(work))
asyncio.run(main())
"""
    run(program, receiver, tmp_path)
    assert tree(receiver) == {
        "invoke_agent A": None,
        "thread": "invoke_agent A",
        "execute_tool search": "invoke_agent A",
        **{f"inside {n}": "execute_tool search" for n in range(3)},
    }


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_a_pool_of_processes(receiver, tmp_path, method) -> None:
    program = f"""
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
configure()
def work(n):
    with monitor_operation(f"child {{n}}"): pass
if __name__ == "__main__":
    context = multiprocessing.get_context("{method}")
    with ProcessPoolExecutor(2, mp_context=context) as pool, monitor_operation("parent"):
        list(pool.map(work, range(6)))
"""
    run(program, receiver, tmp_path)
    inherited = "parent" if method == "fork" else None  # what a fork copies, a spawned process begins without
    assert tree(receiver) == {"parent": None, **{f"child {n}": inherited for n in range(6)}}


def test_greenlets_of_gevent(receiver, tmp_path) -> None:
    program = """
import gevent
configure()
def work(n):
    with monitor_operation(f"parent {n}"):
        gevent.sleep(0.001 * n)
        with monitor_operation(f"child {n}"): gevent.sleep(0.001)
gevent.joinall([gevent.spawn(work, n) for n in range(5)], raise_error=True)
print(otel_agents.flush())
with monitor_operation("last"): pass
"""
    assert run("from gevent import monkey\nmonkey.patch_all()\n" + program, receiver, tmp_path) == "True\n"
    assert tree(receiver) == {
        **{f"parent {n}": None for n in range(5)},
        **{f"child {n}": f"parent {n}" for n in range(5)},
        "last": None,
    }


def test_gunicorn_with_preload(receiver, tmp_path) -> None:
    (tmp_path / "app.py").write_text(
        PREAMBLE
        + """
configure()
with monitor_operation("preload"): pass
def app(environ, start_response):
    with monitor_operation("request") as op: op.set(pid=os.getpid())
    start_response("200 OK", [("content-length", "2")])
    return [b"ok"]
"""
    )
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        port = reserved.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "--preload", "--workers", "2", "--bind", f"127.0.0.1:{port}", "app:app"],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "OTEL_EXPORTER_OTLP_ENDPOINT": receiver.url},
    )
    with server:
        assert server.stderr is not None
        booted = 0
        while booted < 2:
            line = server.stderr.readline()
            assert line, "gunicorn did not start"
            booted += "Booting worker" in line
        for _ in range(10):
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=20) as answer:
                assert answer.read() == b"ok"
        server.send_signal(signal.SIGTERM)
        server.communicate(timeout=30)
    assert sorted(receiver.names()) == ["preload", *["request"] * 10]


def test_a_streaming_response_of_fastapi(receiver, tmp_path) -> None:
    program = """
import asyncio
from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from starlette.testclient import TestClient
configure()
app = FastAPI()

async def model():
    for word in ("a", "b", "c"):
        await asyncio.sleep(0)
        yield word

async def reply(name):
    with monitor_operation(name, agent_name="A") as op:
        async for word in op.stream(model()):
            with monitor_operation(f"{name} {word}"): yield word

@app.get("/{name}")
async def get(name: str):
    return StreamingResponse(reply(name), media_type="text/plain")

with TestClient(app) as client:
    print(client.get("/x").text, client.get("/y").text)
"""
    assert run(program, receiver, tmp_path) == "abc abc\n"
    spans = {name: parent for name, parent in tree(receiver).items() if name[0] in "xy"}  # FastAPI makes some itself
    roots = {spans.pop(name) for name in "xy"}
    assert spans == {f"{name} {word}": name for name in "xy" for word in "abc"}
    assert roots <= {None, "GET /{name}"}
