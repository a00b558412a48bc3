"""Everything shown from spans is text: script in any of it stays text, on every page."""

import json
from collections.abc import Callable

import pytest
from playwright.async_api import Page, expect

from tests.browser.spans import Sender, agent, model

pytestmark = pytest.mark.asyncio(loop_scope="session")

SCRIPT = "<script>alert(1)</script><img src=x onerror=alert(2)><svg onload=alert(3)>"
LINK = "javascript:alert(4)"


@pytest.fixture(scope="session")
def hostile(start: Callable[[], str]) -> tuple[str, str]:
    """A collector's address, and a trace in it with script wherever a span can have text."""
    url = start()
    message = {
        "role": SCRIPT,
        "parts": [
            {"type": "text", "content": f"{SCRIPT}\n```html\n{SCRIPT}\n```\n[a link]({LINK})"},
            {"type": SCRIPT, "content": SCRIPT},
            {"type": "uri", "modality": SCRIPT, "uri": LINK},
            {"type": "tool_call", "id": SCRIPT, "name": SCRIPT, "arguments": {SCRIPT: SCRIPT}},
        ],
        "finish_reason": SCRIPT,
    }
    with Sender(url, service=SCRIPT) as sender:
        common = {SCRIPT: SCRIPT, "url": LINK, "__proto__": SCRIPT, "session.id": SCRIPT, "user.id": SCRIPT}
        root = sender.span(SCRIPT, lasts=3, attributes=agent(SCRIPT, **common))
        said = {"input.messages": [message], "output.messages": [message]}
        sender.span(f"chat {SCRIPT}", root, 1, attributes=model(SCRIPT, (1, 1), **said))
        tool = {
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": SCRIPT,
            "gen_ai.tool.call.arguments": json.dumps({SCRIPT: LINK}),
            "gen_ai.tool.call.result": SCRIPT,
        }
        sender.span(f"execute_tool {SCRIPT}", root, 2, attributes=tool, error=SCRIPT)
    return url, f"{root.get_span_context().trace_id:032x}"


async def shows_only_text(page: Page) -> None:
    """Nothing of the data became an element or a link that runs."""
    assert await page.locator("#app script, #app img, #app [onerror], #app [onload], a[href^=javascript]").count() == 0


async def test_on_the_overview(page: Page, hostile: tuple[str, str]):
    await page.goto(hostile[0])
    await expect(page.get_by_role("region", name="Agents")).to_contain_text(SCRIPT)
    await expect(page.get_by_role("region", name="Recent errors")).to_contain_text(SCRIPT)
    await shows_only_text(page)


async def test_in_the_list(page: Page, hostile: tuple[str, str]):
    await page.goto(f"{hostile[0]}/#/traces")
    await expect(page.locator(".trace-name")).to_have_text(SCRIPT)
    await shows_only_text(page)


async def test_in_every_tab_of_every_span(page: Page, hostile: tuple[str, str]):
    url, trace_id = hostile
    await page.goto(f"{url}/#/traces/{trace_id}")
    await expect(page.get_by_role("treeitem")).to_have_count(3)
    for row in range(3):
        await page.get_by_role("treeitem").nth(row).click()
        for tab in await page.get_by_role("tab").all():
            await tab.click()
            await expect(page.get_by_role("tabpanel")).not_to_be_empty()
            await shows_only_text(page)


async def test_in_the_answer_of_a_query(page: Page, hostile: tuple[str, str]):
    await page.goto(f"{hostile[0]}/#/sql?q=SELECT+name,+attributes+FROM+spans")
    await expect(page.get_by_role("cell", name=SCRIPT, exact=True)).to_be_visible()
    await shows_only_text(page)


async def test_in_the_address(page: Page, hostile: tuple[str, str]):
    await page.goto(f"{hostile[0]}/#/traces?agent=%3Cimg%20src=x%20onerror=alert(1)%3E&q={LINK}")
    await expect(page.get_by_text("No trace fits these filters")).to_be_visible()
    await shows_only_text(page)
