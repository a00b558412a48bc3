from __future__ import annotations

from pathlib import Path

import pytest

from otel_agents.collector.options import CollectorSettings
from otel_agents.settings import load

CONFIGURATION = Path(__file__).parents[2] / "collector-config" / "otel-agents.toml"


def test_the_configuration_file_is_what_no_configuration_means():
    assert load(CollectorSettings, {}, {}, file=CONFIGURATION) == load(CollectorSettings, {}, {}) == CollectorSettings()


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
