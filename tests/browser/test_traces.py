"""The list of traces and its filters."""

from collections.abc import Callable

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from tests.browser.conftest import Shop
from tests.browser.spans import QUESTION, Sender, agent
from tests.conftest import RunningCollector

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture(scope="session")
def nights(start: Callable[[], str]) -> str:
    """A collector with three traces: one of Day that is well, two of Night of which one failed."""
    url = start()
    with Sender(url) as sender:
        sender.span("morning", attributes=agent("Day"))
        sender.span("evening", attributes=agent("Night"))
        sender.span("midnight", attributes=agent("Night"), error="the lamp went out")
    return url


@pytest_asyncio.fixture(loop_scope="session")
async def three(page: Page, nights: str) -> Page:
    await page.goto(f"{nights}/#/traces")
    await expect(page.locator("tbody tr")).to_have_count(3)
    return page


async def test_a_row_says_what_was_asked_who_did_it_and_what_it_took(page: Page, shop: Shop):
    await page.goto(f"{shop.url}/#/traces")
    row = page.locator("tbody tr").first
    for text in ("user_request", QUESTION, "Router", "Analyst", "8.00 s", "6 spans", "1,920", "$0.0133"):
        await expect(row).to_contain_text(text)


async def test_by_agent(three: Page):
    await three.get_by_label("Agent", exact=True).select_option("Night")
    await expect(three.locator(".trace-name")).to_have_text(["midnight", "evening"])


async def test_by_status(three: Page):
    await three.get_by_role("button", name="Failed").click()
    await expect(three.locator(".trace-name")).to_have_text(["midnight"])
    await expect(three.locator("tbody tr")).to_contain_text("the lamp went out")


async def test_by_text_from_the_keyboard(three: Page):
    await three.keyboard.press("/")
    await three.keyboard.type("morn")
    await expect(three.locator(".trace-name")).to_have_text(["morning"])


async def test_filters_are_in_the_address_and_can_be_cleared(three: Page):
    await three.get_by_label("Search traces").fill("nothing of the kind")
    await expect(three.get_by_text("No trace fits these filters")).to_be_visible()
    assert three.url.endswith("#/traces?q=nothing+of+the+kind")
    await three.reload()
    await expect(three.get_by_text("No trace fits these filters")).to_be_visible()
    await three.get_by_role("link", name="Clear the filters").click()
    await expect(three.locator("tbody tr")).to_have_count(3)


async def test_older_traces_come_while_scrolling(page: Page, collector: RunningCollector):
    with Sender(collector.url) as sender:
        for number in range(120):
            sender.span(f"request_{number}")
    await page.goto(f"{collector.url}/#/traces")
    await expect(page.locator("tbody tr")).to_have_count(50)
    for loaded in (100, 120):
        await page.locator("tbody tr").last.scroll_into_view_if_needed()
        await expect(page.locator("tbody tr")).to_have_count(loaded)
    await expect(page.get_by_text("120 traces, and no older ones")).to_be_visible()


async def test_the_way_back_from_a_trace_keeps_the_filters(three: Page):
    await three.get_by_label("Agent", exact=True).select_option("Day")
    await three.get_by_role("link", name="morning").click()
    await three.get_by_role("main").get_by_role("link", name="Traces").click()
    await expect(three.get_by_label("Agent", exact=True)).to_have_value("Day")
