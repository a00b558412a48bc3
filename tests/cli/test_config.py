"""``otel-agents config``."""

from __future__ import annotations

import json
import os
import re
from unittest.mock import patch

import pytest

from otel_agents.cli.main import main
from otel_agents.errors import CollectorUnreachable
from otel_agents.version import __version__


def shown(capsys, *arguments, **environment):
    with patch.dict(os.environ, environment, clear=True):
        code = main(["config", *arguments])
    out, err = capsys.readouterr()
    return code, out, err


def test_what_is_set_and_by_what(capsys):
    code, out, err = shown(capsys, "collector", "--set", OTEL_AGENTS_PORT="4400", OTEL_AGENTS_DATA="/srv/traces")
    assert (code, err) == (0, "")
    assert out == (
        "Settings of the collector\n"
        "setting  value        from\n"
        "-------  -----------  -------------------------\n"
        "port     4400         variable OTEL_AGENTS_PORT\n"
        "data     /srv/traces  variable OTEL_AGENTS_DATA\n"
    )


def test_secrets_are_masked(capsys):
    given = {
        "OTEL_EXPORTER_OTLP_HEADERS": "authorization=Bearer hunter2",
        "LOGFIRE_TOKEN": "pylf_v1_hunter2",
        "OTEL_EXPORTER_OTLP_ENDPOINT": "http://ana:hunter2@traces.example:4318",
    }
    code, out, err = shown(capsys, "sdk", "--set", "--format", "json", **given)
    assert "hunter2" not in out
    assert (code, err) == (0, "")
    settings = json.loads(out)["sdk"]
    assert settings["endpoint"] == {
        "value": "http://***@traces.example:4318",
        "source": "variable OTEL_EXPORTER_OTLP_ENDPOINT",
    }
    assert settings["headers"] == {"value": "***", "source": "variable OTEL_EXPORTER_OTLP_HEADERS"}


def test_what_is_wrong_is_said_and_the_rest_is_shown(capsys):
    code, out, err = shown(capsys, "collector", OTEL_AGENTS_PORT="abc")
    assert (code, err) == (
        1,
        "otel-agents: variable OTEL_AGENTS_PORT: expected a whole number between 0 and 65535, got 'abc'\n",
    )
    lines = [re.split(r" {2,}", line) for line in out.splitlines()]
    assert ["port", "(wrong)", "variable OTEL_AGENTS_PORT"] in lines
    assert ["grpc_port", "4317", "default"] in lines


def test_a_file_stands_behind_the_variables(capsys, tmp_path):
    file = tmp_path / "otel-agents.toml"
    file.write_text("port = 4400\ngrpc_port = 4401\n")
    code, out, err = shown(
        capsys, "collector", "--set", "--format", "json", "--config", str(file), OTEL_AGENTS_PORT="4500"
    )
    assert (code, err, json.loads(out)) == (
        0,
        "",
        {
            "collector": {
                "port": {"value": "4500", "source": "variable OTEL_AGENTS_PORT"},
                "grpc_port": {"value": "4401", "source": f"{file}: setting 'grpc_port'"},
            }
        },
    )


def test_the_version_and_where_an_error_came_from(capsys):
    with pytest.raises(SystemExit):
        main(["--version"])
    assert capsys.readouterr().out == f"otel-agents {__version__}\n"
    with pytest.raises(CollectorUnreachable):
        main(["--debug", "report", "--url", "http://127.0.0.1:9"])
