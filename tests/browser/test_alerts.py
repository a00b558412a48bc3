"""Alerts on the pages: on top of the overview, and on a page of their own where something can be done about them."""

import pytest
from playwright.async_api import Page, expect

from tests.collector.api.asking import send
from tests.collector.watching.test_watch import requests

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_an_alert_is_seen_acknowledged_and_silenced(page: Page, start):
    url = start()
    await page.goto(f"{url}/#/alerts")
    await expect(page.get_by_text("Nothing fires")).to_be_visible()
    send(url, *requests(4, failed=2))
    now = page.get_by_role("region", name="Now")
    await expect(now).to_contain_text("Chat: 50.0 % of 4 requests failed in the last 5 minutes (limit 10 %)")

    await page.goto(f"{url}/#/")
    strip = page.get_by_role("region", name="Alerts")
    await expect(strip).to_contain_text("Chat: 50.0 %")
    await expect(page.locator(".health")).to_contain_text("1 alert firing")  # the reason is in the strip
    await strip.get_by_role("link", name="Alerts").click()

    await now.get_by_role("button", name="Acknowledge").click()
    await expect(now).to_contain_text("somebody looks after it")
    await now.get_by_role("button", name="Silence for 1 h").click()
    await expect(now).to_contain_text("silenced")
    await expect(page.get_by_role("region", name="Silences")).to_contain_text("error_rate of Chat")
    await page.goto(f"{url}/#/")
    await expect(page.locator(".tile").first).to_be_visible()
    await expect(strip).to_have_count(0)
    await expect(page.locator(".health")).to_contain_text("Chat: 50.0 % of 4 requests failed")

    await page.goto(f"{url}/#/alerts")
    await page.get_by_role("button", name="End").click()
    await expect(page.get_by_role("region", name="Silences")).to_have_count(0)
    await expect(page.get_by_role("region", name="History")).to_contain_text("error_rate")
