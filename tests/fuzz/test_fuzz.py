"""A short run of what `make fuzz` does for as long as is wanted."""

from __future__ import annotations

import pytest

from tests.conftest import running_collector
from tests.fuzz.running import Fuzzer, prepared


@pytest.mark.parametrize(("door", "each"), [("sql", 60), ("otlp", 150)])
def test_nothing_that_is_made_up_disturbs_the_collector(tmp_path, door, each):
    with running_collector(tmp_path / "data", **prepared(tmp_path)) as collector:
        findings = Fuzzer(collector, door, seed=1).run(2, each=each)
    assert findings.wrong == []
    assert findings.answers["200"] > each // 10
    assert findings.kept > 0
