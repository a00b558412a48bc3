"""The pytest plugin, in test runs as a user has them."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.environment import fresh_environment

TESTS = """
import asyncio
import sys
import threading

import pytest
from otel_agents import agent, configure, tool

@tool
def search(query): return query

@agent("Cook")
def cook(query): return search(query)

{body}
"""


@pytest.fixture
def run(tmp_path: Path):
    """Run pytest over a file of tests, and give what it printed."""

    def run(body: str, *options: str) -> str:
        (tmp_path / "test_it.py").write_text(TESTS.format(body=body))
        ran = subprocess.run(
            [sys.executable, "-m", "pytest", "-p", "pytest_otel_agents", "-p", "no:cacheprovider", *options, "."],
            cwd=tmp_path,
            env=fresh_environment(),
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        return ran.stdout + ran.stderr

    return run


def test_tests_do_not_see_each_other(run) -> None:
    body = """
@pytest.mark.parametrize("number", range(6))
def test_one(agent_traces, number):
    if number % 2:
        configure(endpoint="http://127.0.0.1:9")
    cook("tea")
    assert [each.span_id for each in agent_traces.spans] == [f"{1:016x}", f"{2:016x}"]

def test_threads(agent_traces):
    threads = [threading.Thread(target=cook, args=("tea",)) for _ in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    agent_traces.assert_agent_called("Cook", times=4)

async def test_async(agent_traces):
    await asyncio.to_thread(cook, "tea")
    agent_traces.assert_tree("invoke_agent Cook\\n  execute_tool search")
"""
    assert "8 passed" in run(
        body, "-o", "asyncio_mode=auto", "-o", "asyncio_default_fixture_loop_scope=function", "-W", "error"
    )


def test_workers_of_xdist(run) -> None:
    pytest.importorskip("xdist")
    body = """
@pytest.mark.parametrize("number", range(8))
def test_one(agent_traces, number):
    cook("tea")
    assert [each["span_id"] for each in agent_traces.to_dicts()] == [1, 2]
"""
    assert "8 passed" in run(body, "-n", "2")


def test_a_failure_points_at_the_test_and_shows_the_tree_once(run) -> None:
    body = """
def test_expectation(agent_traces):
    cook("tea")
    agent_traces.assert_tool_called("refund")

def test_plain(agent_traces):
    assert cook("milk") == "tea"
"""
    printed = run(body)
    assert "2 failed" in printed
    expectation, plain = printed.split("test_plain", 1)[0], printed.split("test_plain", 1)[1]
    assert re.search(r"E +AssertionError: expected tool 'refund' to be called; it was not\n", expectation)
    assert expectation.count("execute_tool search(query='tea') -> 'tea'") == 1
    assert "traces.py" not in printed
    assert re.search(r"-+ Traced -+\ninvoke_agent Cook\n  execute_tool search\(query='milk'\) -> 'milk'\n", plain)


def test_a_run_that_does_not_use_it_does_not_load_the_sdk(run, tmp_path) -> None:
    (tmp_path / "conftest.py").write_text(
        "import sys\n"
        "def pytest_sessionfinish():\n"
        "    print('loaded', {name.partition('.')[0] for name in sys.modules} & {'otel_agents', 'opentelemetry'})\n"
    )
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "pytest_otel_agents", "-s", "-p", "no:logfire", "."],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "loaded set()" in ran.stdout
