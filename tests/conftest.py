"""What tests of several folders share."""

from __future__ import annotations

from pathlib import Path

import pytest

from otel_agents.collector.store.duckdb import DuckDBStore


@pytest.fixture
def store(tmp_path: Path):
    """A store in a folder of its own, in this process."""
    opened = DuckDBStore(tmp_path / "store" / "spans.duckdb")
    yield opened
    opened.close()
