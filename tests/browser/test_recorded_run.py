"""A recorded run of a provider, through its own package and our decorators, as a user sees it."""

import pytest
from playwright.async_api import Page, expect

from tests.browser.test_trace import tree
from tests.conftest import RunningCollector
from tests.end_to_end.test_recorded_runs import run_program
from tests.recordings import exchanges

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_hand_over_with_tools_is_seen_with_the_providers_numbers(page: Page, collector: RunningCollector):
    run_program("openai_handoff", exchanges("openai_responses_stream_handoff_tools"), collector)
    await page.goto(f"{collector.url}/#/traces")
    await page.get_by_role("link", name="invoke_agent Router").click()
    assert await tree(page) == [
        "invoke_agent Router",
        "  chat gpt-4o-2024-08-06",
        "  RouterAnalytics Agent",  # an arrow between them
        "  invoke_agent Analytics Agent",
        "    chat gpt-4o-2024-08-06",
        "    execute_tool analyze_data",
        "    chat gpt-4o-2024-08-06",
        "    execute_tool process_results",
        "    chat gpt-4o-2024-08-06",
        "    execute_tool generate_report",
        "    chat gpt-4o-2024-08-06",
    ]
    totals = page.locator(".totals > div")
    await expect(totals.filter(has_text="Tokens")).to_have_text("Tokens1,3501,070 in, 280 out")
    await expect(totals.filter(has_text="Cost")).to_have_text("Cost$0.0055")

    await page.get_by_role("treeitem").last.click()
    await expect(page.get_by_text("Here is the report for the sales data from last quarter")).to_be_visible()
    await page.get_by_role("treeitem").nth(2).click()
    await expect(page.get_by_role("figure", name="Router hands over to Analytics Agent")).to_be_visible()
