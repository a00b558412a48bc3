from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.conftest import running_collector

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conftest import RunningCollector


@pytest.fixture(scope="package")
def receiving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCollector]:
    """One collector for all tests of this folder; each sends spans of names of its own."""
    with running_collector(
        tmp_path_factory.mktemp("receiving") / "data", OTEL_AGENTS_MAX_REQUEST_BYTES="1000000"
    ) as it:
        yield it
