"""One collector for the tests of a file: what they send is traces of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.conftest import running_collector

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_collector(tmp_path_factory.mktemp("collector") / "data") as collector:
        yield collector.url
