"""What arrives is on the page without anyone reloading it."""

import re

import pytest
from playwright.async_api import Page, expect

from tests.browser.spans import Sender, agent, shop_run
from tests.conftest import RunningCollector

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_an_empty_collector_teaches_to_send_the_first_trace_and_shows_it(page: Page, collector: RunningCollector):
    await page.goto(collector.url)
    await expect(page.get_by_role("heading", name="Send the first trace")).to_be_visible()
    await page.get_by_role("button", name="Copy the Python code").click()
    assert await page.evaluate("navigator.clipboard.readText()") == (
        "from otel_agents import configure, monitor_operation\n"
        "\n"
        f'configure(service_name="my-app", endpoint="{collector.url}")\n'
        'with monitor_operation("hello", agent_name="FirstAgent") as op:\n'
        '    op.input("What is 6 × 7?")\n'
        '    op.output("42")\n'
    )
    with Sender(collector.url) as sender:
        shop_run(sender)
    await expect(page.get_by_role("region", name="Agents")).to_contain_text("Analyst")


async def test_a_new_trace_comes_on_top_of_the_list(page: Page, collector: RunningCollector):
    with Sender(collector.url) as sender:
        shop_run(sender)
        await page.goto(f"{collector.url}/#/traces")
        rows = page.locator("tbody tr")
        await expect(rows).to_have_count(1)
        sender.span("late_request", attributes=agent("Night"))
        sender.flush()
        await expect(rows).to_have_count(2)
        await expect(rows.first).to_contain_text("late_request")


async def test_a_paused_list_stands_still_and_says_that_there_is_news(page: Page, collector: RunningCollector):
    with Sender(collector.url) as sender:
        shop_run(sender)
        await page.goto(f"{collector.url}/#/traces")
        rows = page.locator("tbody tr")
        await expect(rows).to_have_count(1)
        await page.get_by_role("switch").click()
        sender.span("late_request")
        sender.flush()
        await expect(page.get_by_role("switch", name="Paused, there is news")).to_be_visible()
        await expect(rows).to_have_count(1)
        await page.get_by_role("switch").click()
        await expect(rows).to_have_count(2)


async def test_an_open_trace_grows(page: Page, collector: RunningCollector):
    with Sender(collector.url) as sender:
        root = sender.span("long_run", lasts=9, attributes=agent("Writer"))
        sender.flush()
        await page.goto(f"{collector.url}/#/traces/{root.get_span_context().trace_id:032x}")
        await expect(page.get_by_role("treeitem")).to_have_count(1)
        sender.span("execute_tool search", root, 4)
        sender.flush()
        await expect(page.get_by_role("treeitem")).to_have_count(2)


async def test_a_collector_that_goes_away_is_announced_and_its_return_too(page: Page, start_collector, tmp_path):
    first = start_collector(data=tmp_path / "data")
    with Sender(first.url) as sender:
        shop_run(sender)
    await page.goto(f"{first.url}/#/traces")
    await expect(page.locator("tbody tr")).to_have_count(1)
    first.stop()
    await expect(page.get_by_role("alert")).to_contain_text("does not answer")
    port = re.fullmatch(r".*:(\d+)", first.url)[1]
    start_collector("--port", port, data=tmp_path / "data")
    await expect(page.get_by_role("alert")).to_have_count(0)
    await expect(page.locator("tbody tr")).to_have_count(1)
