"""The pages of a collector that asks for keys: a link lets a browser in once, a key too, and nothing else."""

import json

import pytest
import pytest_asyncio
from playwright.async_api import Page, expect

from tests.cli.test_keys import run
from tests.conftest import running_collector

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture(scope="module")
def collector(tmp_path_factory):
    with running_collector(tmp_path_factory.mktemp("login") / "data", "--require-keys") as found:
        yield found


@pytest_asyncio.fixture(loop_scope="session", autouse=True)
async def no_session(page: Page):
    yield
    await page.context.clear_cookies()


async def test_the_printed_link_opens_the_pages_once_and_logging_out_closes_them(page, collector):
    link = next(word for word in collector.printed.split() if "/login#" in word)
    await page.goto(link)
    await expect(page.get_by_role("navigation", name="Pages")).to_be_visible()
    assert await page.evaluate("document.cookie") == ""  # scripts cannot read it

    await page.get_by_role("button", name="Log out").click()
    await expect(page.get_by_label("Key")).to_be_visible()
    await page.goto(f"{collector.url}/#/traces")
    await expect(page.get_by_label("Key")).to_be_visible()

    await page.goto("about:blank")
    await page.goto(link)
    await expect(page.get_by_role("alert")).to_contain_text("a link that was used before")
    assert link.partition("#")[2] not in page.url


async def test_a_key_opens_the_page_that_was_asked_for(page, collector):
    key = run(collector.data, "keys", "create", "ann", "--scope", "read").stdout.strip()
    await page.goto(f"{collector.url}/#/sql")
    await page.get_by_label("Key").fill(key)
    await page.get_by_role("button", name="Log in").click()
    await expect(page.get_by_role("link", name="SQL")).to_have_attribute("aria-current", "page")

    run(collector.data, "keys", "revoke", "ann")
    await page.reload()
    await expect(page.get_by_label("Key")).to_be_visible()


async def test_another_page_can_neither_frame_it_nor_ask_with_its_cookie(page, collector):
    key = run(collector.data, "keys", "create", "bea", "--scope", "read").stdout.strip()
    await page.goto(f"{collector.url}/login")
    await page.get_by_label("Key").fill(key)
    await page.get_by_role("button", name="Log in").click()
    await expect(page.get_by_role("navigation", name="Pages")).to_be_visible()

    evil = "http://evil.example/"
    attack = f"""<iframe src="{collector.url}/"></iframe><script>
      fetch("{collector.url}/api/v1/traces", {{ mode: "no-cors", credentials: "include" }}).catch(() => {{}});
    </script>"""
    asked = []
    other = await page.context.new_page()
    other.on("request", lambda request: asked.append(request))
    await other.route(evil, lambda route: route.fulfill(body=attack, content_type="text/html"))
    await other.goto(evil)
    await other.wait_for_load_state("networkidle")
    frame = other.frames[1]
    assert await frame.locator("nav").count() == 0
    answered = [await request.all_headers() for request in asked if request.url.startswith(collector.url)]
    assert answered
    assert "otel_agents" not in json.dumps(answered)  # the cookie was not sent along
    await other.close()
