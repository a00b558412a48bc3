"""The documentation holds: its tables are those of the code, its commands exist, its Python runs."""

from __future__ import annotations

import os
import re
import subprocess
import sys

from otel_agents.cli.main import build_parser
from otel_agents.collector.options import CollectorSettings
from otel_agents.demo.model_server import API_KEY, ModelServer
from tests import docs

README = docs.README.read_text("utf-8")
PYTHON = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)


def test_the_tables_of_the_readme_are_those_of_the_code():
    assert docs.written(README) == README, "run: python -m tests.docs"


def test_the_configuration_file_has_every_setting_with_its_variable_its_default_and_its_check():
    assert docs.CONFIGURATION.read_text("utf-8") == docs.configuration(CollectorSettings), "run: python -m tests.docs"


def test_every_command_of_the_readme_exists():
    shown = "\n".join(re.findall(r"```console\n(.*?)```", README, flags=re.DOTALL))
    named = set(re.findall(r"otel-agents (\w+)", shown))
    assert named <= {"up", "demo", "sql", "monitor", "report", "stats", "config", "export", "import", "backup"}
    for command in sorted(named):
        needed = ["SELECT 1"] if command in ("sql", "import", "backup") else []
        assert build_parser().parse_args([command, *needed]).command == command


def test_the_python_of_the_readme_runs_as_written_and_is_seen(collector, tmp_path):
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
            timeout=60,
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
