"""A database that is whole, made once."""

from __future__ import annotations

import random
import shutil
import time
from typing import TYPE_CHECKING

import pytest

from otel_agents.collector.receiver.decode_spans import decode_spans
from otel_agents.collector.receiver.signals import LOGS, METRICS
from otel_agents.collector.store.duckdb import DuckDBStore
from tests.benchmarks import spans
from tests.collector import otlp

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with 6,144 spans, 100 data points, 100 log records and as many evaluations."""
    path = tmp_path_factory.mktemp("whole") / "spans.duckdb"
    store = DuckDBStore(path)
    rng = random.Random(1)
    template = spans.Template(rng)
    batches = [decode_spans(template.fill(rng, time.time_ns(), 1_000_000)).batch for _ in range(12)]
    points = otlp.metrics(*(otlp.gauge(value=k) for k in range(100)))
    logs = otlp.logs(*(otlp.evaluation("aa" * 8, name=f"n{k}") for k in range(100)))
    store.write([*batches, METRICS.decode_protobuf(points.SerializeToString()).batch])
    store.write([LOGS.decode_protobuf(logs.SerializeToString()).batch], number=2)
    store.close()
    return path


@pytest.fixture
def data(whole: Path, tmp_path: Path) -> Path:
    """A data folder of the test's own with that file."""
    folder = tmp_path / "data"
    folder.mkdir()
    shutil.copy(whole, folder / "spans.duckdb")
    return folder
