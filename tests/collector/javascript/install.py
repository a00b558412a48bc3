"""Make sure there is Node with the packages of the tests here: python -m tests.collector.javascript.install

Debian's npm where packages may be installed; quick when all is there already.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from tests.browser.install import by_apt

HERE = Path(__file__).parent
HOW = (
    "No npm, or none of its packages: the tests with JavaScript's clients will be skipped. Install Node 18 or later\n"
    "and npm, and run `npm ci` in tests/collector/javascript."
)


def ready() -> bool:
    """Whether the scripts here can be run."""
    return shutil.which("node") is not None and (HERE / "node_modules" / ".package-lock.json").exists()


def main() -> int:
    if not (ready() or _install() or (by_apt("npm", "the tests with JavaScript's clients") and _install())):
        print(HOW, file=sys.stderr)
    return 0


def _install() -> bool:
    npm = shutil.which("npm")
    if npm is None:
        return False
    print("Installing the packages of the tests with JavaScript's clients …", flush=True)
    command = [npm, "ci", "--omit=optional", "--no-audit", "--no-fund"]
    return subprocess.run(command, cwd=HERE, capture_output=True, check=False).returncode == 0 and ready()


if __name__ == "__main__":
    sys.exit(main())
