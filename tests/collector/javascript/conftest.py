from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.collector.javascript import install
from tests.conftest import running_collector

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conftest import RunningCollector


@pytest.fixture(scope="package")
def receiving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCollector]:
    """One collector for all tests of this folder."""
    with running_collector(tmp_path_factory.mktemp("javascript") / "data") as it:
        yield it


@pytest.fixture(scope="package")
def node() -> Callable[..., str]:
    """Runs a script of this folder and returns what it printed; Node's packages are installed when they are missing."""
    if not install.ready():
        install.main()
    if not install.ready():
        pytest.skip("no Node with its packages: run `python -m tests.collector.javascript.install`")

    def run(script: str, *arguments: str) -> str:
        ran = subprocess.run(
            ["node", script, *arguments], cwd=install.HERE, capture_output=True, text=True, timeout=60, check=False
        )
        assert (ran.returncode, ran.stderr) == (0, "")
        return ran.stdout

    return run
