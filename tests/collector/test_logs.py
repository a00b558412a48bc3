"""What the collector writes about itself: text or JSON, every line of the process, whoever wrote it."""

from __future__ import annotations

import json
import logging
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from otel_agents.collector.logs import JsonFormatter, TextFormatter
from tests.collector import otlp
from tests.conftest import up

if TYPE_CHECKING:
    from tests.conftest import RunningCollector

SECRET = "sk-proj-" + "a1b2c3" * 8


def record(level: int = logging.WARNING, **fields: object) -> logging.LogRecord:
    try:
        raise ValueError("no\nsuch thing")
    except ValueError:
        made = logging.LogRecord(
            "otel_agents.collector.store.room", level, "", 0, "it is %s", ("full",), sys.exc_info()
        )
    made.created = 1_790_000_000.123456
    made.__dict__.update(fields)
    return made


def test_a_line_of_json():
    line = JsonFormatter().format(record(fields={"port": 4318}))
    said = json.loads(line)
    assert "\n" not in line
    assert said.pop("exception").endswith("ValueError: no\nsuch thing")
    assert said == {
        "time": "2026-09-21T14:13:20.123Z",
        "level": "warning",
        "logger": "otel_agents.collector.store.room",
        "message": "it is full",
        "port": 4318,
    }


def test_a_line_of_text():
    first, *rest = TextFormatter().format(record()).splitlines()
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d WARNING store.room: it is full", first)
    assert rest[-2:] == ["ValueError: no", "such thing"]


def lines(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


def test_every_line_of_a_process_is_json_from_its_start_to_its_end(tmp_path: Path):
    data = tmp_path / "data"
    data.mkdir()
    (data / "spans.duckdb").write_text("no database")  # it has something to say of that
    json_lines = {"OTEL_AGENTS_LOG_FORMAT": "json", "OTEL_AGENTS_LOG_LEVEL": "info"}
    with up("--port", "0", "--grpc-port", "0", "--data", str(data), **json_lines) as process:
        assert process.stderr is not None
        read = []
        while not read or not str(read[-1]["message"]).endswith(" is ready"):
            read += lines(process.stderr.readline())
        state = json.loads((data / "collector.json").read_text())
        otlp.post(f"{state['url']}/v1/traces", otlp.request(otlp.span({"key": SECRET})).SerializeToString())
        process.send_signal(signal.SIGTERM)
        printed, rest = process.communicate(timeout=60)
    read += lines(rest)
    assert (process.returncode, printed) == (0, "")
    (ready,) = (line for line in read if str(line["message"]).endswith(" is ready"))
    assert (ready["url"], ready["grpc_port"], ready["data"]) == (state["url"], state["grpc_port"], str(data))
    assert any(line["level"] == "error" and "is damaged" in str(line["message"]) for line in read)
    assert read[-1]["message"] == "Stopped; what was acknowledged is safe"
    assert SECRET not in json.dumps(read)


def test_why_it_does_not_start_is_json_too(collector: RunningCollector):
    with up("--port", "0", "--data", str(collector.data), "--grpc-port", "0", OTEL_AGENTS_LOG_FORMAT="json") as process:
        _, said = process.communicate(timeout=60)
    (line,) = lines(said)
    assert (process.returncode, line["level"]) == (1, "error")
    assert f"is in use by process {collector.process.pid}" in str(line["message"])


def test_a_level_leaves_out_what_is_less_important(tmp_path: Path):
    program = (
        "import logging, sys\n"
        "from otel_agents.collector.logs import set_up\n"
        "set_up('text', sys.argv[1])\n"
        "for name in ('otel_agents.collector.retention', 'uvicorn.error'):\n"
        "    for level in (10, 20, 30, 40):\n"
        "        logging.getLogger(name).log(level, '%s', level)\n"
    )
    said = {}
    for level in ("debug", "info", "error"):
        ran = subprocess.run([sys.executable, "-c", program, level], capture_output=True, text=True, check=True)
        said[level] = [line.split(maxsplit=3)[2:][1].rpartition(" ")[::2] for line in ran.stderr.splitlines()]
    ours, theirs = "retention:", "uvicorn.error:"
    assert said == {
        "debug": [(ours, "10"), (ours, "20"), (ours, "30"), (ours, "40"), (theirs, "30"), (theirs, "40")],
        "info": [(ours, "20"), (ours, "30"), (ours, "40"), (theirs, "30"), (theirs, "40")],
        "error": [(ours, "40"), (theirs, "40")],
    }
