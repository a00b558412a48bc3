"""The overview's figures and where they lead."""

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import Shop

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_the_figures_are_those_of_the_run(page: Page, shop: Shop):
    await page.goto(shop.url)
    tiles = page.locator(".tile")
    await expect(tiles.nth(0)).to_contain_text("Traces1")
    await expect(tiles.nth(1)).to_contain_text("1 failed span")
    await expect(tiles.nth(3)).to_contain_text("Tokens1,920")
    await expect(tiles.nth(3)).to_contain_text("1,600 in, 320 out")
    await expect(tiles.nth(4)).to_contain_text("$0.0133")


async def test_agents_tools_and_models_have_their_tables(page: Page, shop: Shop):
    await page.goto(shop.url)
    await expect(page.get_by_role("region", name="Agents").get_by_role("rowheader")).to_have_text(["Analyst", "Router"])
    await expect(page.get_by_role("region", name="Tools").get_by_role("rowheader")).to_have_text(["query_database"])
    await expect(page.get_by_role("region", name="Models").get_by_role("rowheader")).to_contain_text(["gpt-5-mini"])


async def test_an_error_leads_to_the_span_that_failed(page: Page, shop: Shop):
    await page.goto(shop.url)
    await page.get_by_role("region", name="Recent errors").get_by_role("link").first.click()
    await expect(page.get_by_role("treeitem", selected=True)).to_contain_text("query_database")
    assert shop.spans["tool"] in page.url


async def test_an_agent_leads_to_its_traces(page: Page, shop: Shop):
    await page.goto(shop.url)
    await page.get_by_role("region", name="Agents").get_by_role("link", name="Analyst").click()
    await expect(page.get_by_label("Agent", exact=True)).to_have_value("Analyst")


async def test_charts_say_in_words_what_they_show(page: Page, shop: Shop):
    await page.goto(shop.url)
    await expect(page.get_by_role("img", name="Tokens over time: In 1,600, Out 320")).to_be_visible()


async def test_the_chosen_window_is_in_the_address(page: Page, shop: Shop):
    await page.goto(shop.url)
    await page.get_by_role("button", name="24 h").click()
    await expect(page.get_by_role("button", name="24 h")).to_have_attribute("aria-pressed", "true")
    assert page.url.endswith("#/?minutes=1440")


@pytest.mark.parametrize(("scheme", "ground"), [("light", "rgb(246, 244, 240)"), ("dark", "rgb(20, 19, 18)")])
async def test_colours_follow_the_system(page: Page, shop: Shop, scheme, ground):
    await page.emulate_media(color_scheme=scheme)
    await page.goto(shop.url)
    await expect(page.locator("body")).to_have_css("background-color", ground)


async def test_the_chosen_colours_outlast_a_reload(page: Page, shop: Shop):
    await page.emulate_media(color_scheme="light")
    await page.goto(shop.url)
    switch = page.get_by_role("button", name="Colours:")
    await switch.click()
    await switch.click()
    await expect(page.locator("body")).to_have_css("background-color", "rgb(20, 19, 18)")
    await page.reload()
    await expect(page.locator("body")).to_have_css("background-color", "rgb(20, 19, 18)")
