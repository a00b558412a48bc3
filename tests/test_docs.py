"""The documentation holds: its tables are those of the code, its commands exist, its Python runs."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from otel_agents.cli.main import build_parser
from otel_agents.collector.options import CollectorSettings
from otel_agents.demo.model_server import API_KEY, ModelServer
from tests import docs

TEXT = docs.text()
PYTHON = re.findall(r"```python\n(.*?)```", TEXT, flags=re.DOTALL)


@pytest.mark.parametrize("page", docs.PAGES, ids=lambda page: page.name)
def test_the_tables_of_the_documentation_are_those_of_the_code(page):
    text = page.read_text("utf-8")
    assert docs.written(text) == text, "run: python -m tests.docs"


def test_every_table_is_in_one_place():
    assert sorted(re.findall(r"<!-- ([a-z]+: [a-z]+) -->", TEXT)) == sorted(docs.TABLES)


def test_every_page_is_known_and_linked_from_the_readme():
    readme, *others = docs.PAGES
    linked = re.findall(r"\]\((docs/\w+\.md)\)", readme.read_text("utf-8"))
    assert sorted(others) == sorted((docs.ROOT / "docs").glob("*.md"))
    assert set(linked) == {f"docs/{page.name}" for page in others}


@pytest.mark.parametrize("page", docs.PAGES, ids=lambda page: page.name)
def test_what_a_page_links_to_is_there(page):
    links = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text("utf-8"))
    assert [link for link in links if "://" not in link and not (page.parent / link).exists()] == []


def test_the_configuration_file_has_every_setting_with_its_variable_its_default_and_its_check():
    assert docs.CONFIGURATION.read_text("utf-8") == docs.configuration(CollectorSettings), "run: python -m tests.docs"


def test_every_command_of_the_documentation_exists():
    shown = "\n".join(re.findall(r"```console\n(.*?)```", TEXT, flags=re.DOTALL))
    named = set(re.findall(r"otel-agents (?:--debug )?(\w+)", shown))
    needed = {"sql": ["SELECT 1"], "import": ["FILE"], "backup": ["FILE"], "keys": ["list"]}
    plain = {"up", "demo", "monitor", "report", "stats", "config", "export", "login", "audit"}
    assert named <= plain | needed.keys()
    for command in sorted(named):
        assert build_parser().parse_args([command, *needed.get(command, [])]).command == command


def test_the_python_of_the_documentation_runs_as_written_and_is_seen(collector, tmp_path):
    program = tmp_path / "readme.py"
    whole, *parts = PYTHON  # the first is a whole program; the others go on from it
    messages = 'messages = [{"role": "user", "content": "Hello"}]'
    program.write_text("\n".join([whole, messages, *parts]), "utf-8")
    with ModelServer(pace=0) as models:
        ran = subprocess.run(
            [sys.executable, program],
            env={
                **os.environ,
                "OPENAI_BASE_URL": models.base_url,
                "OPENAI_API_KEY": API_KEY,
                "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
            },
            capture_output=True,
            text=True,
            timeout=280,
            check=False,
        )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert collector.sql(
        """SELECT name, type, status FROM spans WHERE trace_id = (
            SELECT trace_id FROM spans WHERE agent = 'WeatherAgent' AND type = 'agent') ORDER BY start_time"""
    ) == [
        {"name": "invoke_agent WeatherAgent", "type": "agent", "status": "unset"},
        {"name": "execute_tool get_weather", "type": "tool", "status": "unset"},
        {"name": "chat gpt-4o-mini", "type": "model", "status": "unset"},
    ]
