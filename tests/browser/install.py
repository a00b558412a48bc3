"""Make sure there is a browser for the tests: python -m tests.browser.install

Debian's chromium where packages may be installed, Playwright's own elsewhere; quick when there is one already.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
HOW = (
    "No browser for the tests of the UI: they will be skipped. Install one with `apt-get install chromium`, or with\n"
    f"`{sys.executable} -m playwright install --with-deps chromium`."
)


def find() -> str | None:
    """Return the path of a browser that starts, or None."""
    for path in filter(None, map(shutil.which, NAMES)):
        if _quiet(path, "--version"):
            return path
    own = _playwrights_own()
    return own if Path(own).exists() and _quiet(own, "--version") else None


def main() -> int:
    if not (find() or (by_apt("chromium", "the tests of the UI") and find()) or (_by_playwright() and find())):
        print(HOW, file=sys.stderr)
    return 0


def _playwrights_own() -> str:
    with sync_playwright() as playwright:
        return playwright.chromium.executable_path


def by_apt(package: str, use: str) -> bool:
    """Install a package of Debian's where that may be done; ``use`` says what for."""
    if not shutil.which("apt-get"):
        return False
    if os.geteuid() == 0:
        sudo = []
    elif shutil.which("sudo") and _quiet("sudo", "-n", "true"):
        sudo = ["sudo", "-n"]
    else:
        return False
    print(f"Installing {package}, for {use} …", flush=True)
    command = [*sudo, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]
    install = (*command, "install", "-y", "--no-install-recommends", package)
    return _quiet(*install) or (_quiet(*command, "update") and _quiet(*install))


def _by_playwright() -> bool:
    print("Installing Playwright's chromium, for the tests of the UI …", flush=True)
    return _quiet(sys.executable, "-m", "playwright", "install", "chromium")


def _quiet(*command: str) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False, timeout=600).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


if __name__ == "__main__":
    sys.exit(main())
