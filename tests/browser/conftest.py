"""One browser for the whole session, a page for each test, and a collector that holds a known run."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio
from playwright.async_api import Page, async_playwright, expect

from tests.browser import install
from tests.browser.spans import Sender, shop_run

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Response

PATIENCE_MS = 60_000  # for what is to come; how long it takes says what else the machine does
expect.set_options(timeout=PATIENCE_MS)

ARGUMENTS = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-sync"]
# Anything the content security policy stopped is a fault of ours, whether or not the page noticed.
REPORT_VIOLATIONS = """addEventListener("securitypolicyviolation", (event) =>
  console.error(`policy: ${event.effectiveDirective} ${event.blockedURI}`))"""


@pytest.fixture(scope="session")
def browser_path() -> str:
    path = install.find()
    if path is None:
        pytest.skip("no browser: run `python -m tests.browser.install`")
    return path


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser(browser_path: str) -> AsyncIterator[Browser]:
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=browser_path, args=[*ARGUMENTS, *sandbox])
        yield browser
        await browser.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    context = await browser.new_context(
        viewport={"width": 1440, "height": 900}, timezone_id="UTC", locale="en-GB", reduced_motion="reduce"
    )
    context.set_default_timeout(PATIENCE_MS)
    await context.grant_permissions(["clipboard-read", "clipboard-write"])
    await context.add_init_script(REPORT_VIOLATIONS)
    yield context
    await context.close()


@pytest_asyncio.fixture(loop_scope="session")
async def page(context: BrowserContext) -> AsyncIterator[Page]:
    """A new page that remembers nothing, and must end the test without an error, a dialog or a breach of the policy."""
    page = await context.new_page()
    faults: list[str] = []

    def on_console(message: ConsoleMessage) -> None:
        # A refusal by the API is logged by the browser itself; on_response sees everything else that fails to load.
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            faults.append(message.text)

    def on_response(response: Response) -> None:
        if response.status >= 400 and "/api/" not in response.url and not response.url.endswith("/readyz"):
            faults.append(f"{response.status} {response.url}")

    page.on("console", on_console)
    page.on("response", on_response)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("dialog", lambda dialog: faults.append(f"a dialog: {dialog.message}"))
    yield page
    if page.url.startswith("http"):  # a blank page has no storage
        await page.evaluate("localStorage.clear()")
    await page.close()
    assert faults == []


@dataclass(frozen=True, slots=True)
class Shop:
    """A collector that holds one run of a shop's agents."""

    url: str
    trace_id: str
    spans: dict[str, str]  # span ids by the name used in ``spans.shop_run``

    def trace(self, span: str | None = None) -> str:
        """The address of the run, with a span selected."""
        return f"{self.url}/#/traces/{self.trace_id}" + (f"?span={self.spans[span]}" if span else "")


@pytest.fixture(scope="session")
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], str]]:
    """Start collectors that last as long as the session and return their addresses: for tests that only look."""
    running: list[subprocess.Popen[str]] = []

    def start() -> str:
        data = tmp_path_factory.mktemp("collector") / "data"
        command = [sys.executable, "-m", "otel_agents.cli.main", "up", "--port", "0", "--grpc-port", "0"]
        process = subprocess.Popen([*command, "--data", str(data)], stdout=subprocess.PIPE, text=True)
        running.append(process)
        assert process.stdout is not None
        while "Ctrl-C to stop" not in (line := process.stdout.readline()):
            assert line, "the collector did not start"
        return str(json.loads((data / "collector.json").read_text())["url"])

    yield start
    for process in running:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)
        assert process.stdout is not None
        process.stdout.close()


@pytest.fixture(scope="session")
def shop(start: Callable[[], str]) -> Shop:
    url = start()
    with Sender(url, **{"session.id": "s-1", "user.id": "maria"}) as sender:
        return Shop(url, *shop_run(sender))
