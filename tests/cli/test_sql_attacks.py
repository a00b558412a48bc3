"""A hostile query is refused by the command too, and changes nothing."""

from __future__ import annotations

import pytest

from otel_agents.cli.main import main
from tests.collector.query import attacks
from tests.conftest import running_collector

HOSTILE = {**attacks.FORBIDDEN, **attacks.UNKNOWN, **attacks.NOT_SQL}
del HOSTILE["half a character"]  # no shell can give it


@pytest.fixture(scope="module")
def collector(tmp_path_factory):
    with running_collector(tmp_path_factory.mktemp("collector") / "data") as running:
        yield running


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_it_is_refused_and_says_why(collector, capsys, text):
    said = run(collector, capsys, text or " ")
    assert said.out == ""
    assert said.err.startswith("otel-agents: ")
    assert "Traceback" not in said.err


@pytest.mark.parametrize("name", ["repeat", "a text that is doubled in a list", "a list of everything"])
def test_a_hungry_one_ends_and_says_why(collector, capsys, name):
    said = run(collector, capsys, attacks.HUNGRY[name])
    assert said.out == ""
    assert "needs too much memory" in said.err or "took longer than 10 s" in said.err


def test_nothing_was_done_by_any_of_them(collector):
    assert collector.sql("SELECT count(*) AS spans FROM spans") == [{"spans": 0}]


def run(collector, capsys, text: str):
    assert main(["sql", text, "--url", collector.url]) == 1
    return capsys.readouterr()
