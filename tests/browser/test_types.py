"""The types in the UI's comments are true: the compiler agrees."""

import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent / "types"


def test_the_compiler_finds_nothing_to_say():
    if not shutil.which("npm"):
        pytest.skip("no npm: the types of the UI are not checked")
    if not (HERE / "node_modules" / ".package-lock.json").exists():
        installed = subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=HERE, capture_output=True, check=False)
        if installed.returncode:
            pytest.skip("the npm registry does not answer: the types of the UI are not checked")
    ran = subprocess.run([HERE / "node_modules/.bin/tsc", "-p", HERE], capture_output=True, text=True, check=False)
    assert ran.stdout == ""
