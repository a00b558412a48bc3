from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from otel_agents.collector.options import CollectorSettings
from otel_agents.settings import load

CONFIGURATION = Path(__file__).parents[2] / "collector-config" / "otel-agents.env"


def test_the_configuration_file_has_every_option_with_its_default():
    expected = []
    for field in dataclasses.fields(CollectorSettings):
        (variable,) = field.metadata["env"]
        value = f"#{variable}=" if field.default is None else f"{variable}={field.default}"
        expected.append(f"# {field.metadata['doc']}\n{value}\n")
    _, *options = CONFIGURATION.read_text().split("\n\n")
    assert [option.rstrip("\n") + "\n" for option in options] == expected


def test_the_configuration_file_is_what_an_empty_environment_means():
    lines = [line for line in CONFIGURATION.read_text().splitlines() if line and not line.startswith("#")]
    environment = dict(line.split("=", 1) for line in lines)
    assert load(CollectorSettings, {}, environment) == load(CollectorSettings, {}, {}) == CollectorSettings()


@pytest.mark.parametrize(
    ("given", "environment", "expected"),
    [
        ({}, {"HOME": "/home/ann"}, "/home/ann/.local/share/otel-agents"),
        ({}, {"HOME": "/home/ann", "XDG_DATA_HOME": "/data"}, "/data/otel-agents"),
        ({}, {"OTEL_AGENTS_DATA": "/elsewhere"}, "/elsewhere"),
        ({"data": "~/mine"}, {"HOME": "/home/ann", "OTEL_AGENTS_DATA": "/elsewhere"}, "/home/ann/mine"),
    ],
)
def test_where_data_is_kept(
    given: dict[str, str], environment: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    monkeypatch.delenv("OTEL_AGENTS_DATA", raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert str(load(CollectorSettings, given).folder) == expected


def test_it_listens_on_otlps_ports_of_this_machine_alone():
    assert (CollectorSettings().host, CollectorSettings().port, CollectorSettings().grpc_port) == (
        "127.0.0.1",
        4318,
        4317,
    )
