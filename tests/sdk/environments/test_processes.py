"""Servers that fork, pools of processes, and a function that is frozen between calls."""

import os
import signal
import socket
import subprocess
import sys
from collections import Counter
from http.client import HTTPConnection

import pytest

from tests.sdk.environments.conftest import PROGRAMS, links, told


@pytest.mark.parametrize("kind", ["sync", "gevent"])
def test_gunicorn_that_loads_the_application_before_it_forks(receiver, environment, kind) -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        port = listening.getsockname()[1]
        process = subprocess.Popen(
            [
                *(
                    sys.executable,
                    "-m",
                    "gunicorn",
                    "--preload",
                    "--workers=2",
                    f"--worker-class={kind}",
                    "--no-control-socket",
                ),
                *(f"--bind=fd://{listening.fileno()}", "--log-level=warning", "preloaded:app"),
            ],
            cwd=PROGRAMS,
            env=environment,
            stderr=subprocess.PIPE,
            text=True,
            pass_fds=[listening.fileno()],
        )
        with process:
            answered: Counter[int] = Counter()
            for n in range(500):  # until both workers have answered some
                connection = HTTPConnection("127.0.0.1", port, timeout=60)
                connection.request("GET", f"/{n}")
                answered[int(connection.getresponse().read())] += 1
                connection.close()
                if len(answered) == 2 and min(answered.values()) >= 3:
                    break
            process.terminate()
            _, said = process.communicate(timeout=60)
    assert (process.returncode, said, len(answered)) == (0, "", 2)
    spans = told(receiver)
    requests = [f"GET /{n}" for n in range(answered.total())]
    assert links(receiver) == sorted(
        [("loaded", None)]
        + [(name, None) for name in requests]
        + [("invoke_agent Worker", name) for name in requests]
        + [("execute_tool look", "invoke_agent Worker")] * len(requests),
        key=str,
    )
    assert len({span.trace for span in spans}) == 1 + len(requests)


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_a_pool_of_processes(receiver, run, method) -> None:
    assert run("process_pool", method) == "9\n[0, 1, 2, 3, 4, 5, 6, 7, 8]\n"
    who = {"session.id": "s", "user.id": "ü, 1", "tenant.id": "t", "experiment": "b"}
    spans = told(receiver)
    looked = [("execute_tool look", "request")] * 9
    assert links(receiver) == [*looked, ("execute_tool look", None), ("request", None)]
    for span in spans:
        asked = {key: value for key, value in span.attributes.items() if key in who}
        assert asked == (who if span.parent or span.name == "request" else {})
    assert len({span.trace for span in spans}) == 2


def test_a_function_that_is_frozen_between_calls(receiver, environment) -> None:
    process = subprocess.Popen(
        [sys.executable, PROGRAMS / "function.py"],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        for call in range(1, 4):
            process.stdin.write(f"call {call}\n")
            process.stdin.flush()
            assert process.stdout.readline() == "True\n"
            process.send_signal(signal.SIGSTOP)
            os.waitid(os.P_PID, process.pid, os.WSTOPPED)
            assert receiver.names() == ["invoke_agent Function"] * call  # with nothing of the program running
            process.send_signal(signal.SIGCONT)
        _, said = process.communicate(timeout=60)
    assert (process.returncode, said) == (0, "")
    assert receiver.names() == ["invoke_agent Function"] * 3
