"""A store for all tests of a file that write nothing: to open one takes longer than most of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from otel_agents.collector.store.duckdb import DuckDBStore

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckDBStore]:
    """A store with nothing in it, which no test may write to."""
    opened = DuckDBStore(tmp_path_factory.mktemp("empty") / "spans.duckdb")
    yield opened
    opened.close()
