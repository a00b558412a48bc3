"""The SQL page."""

import re
from urllib.parse import quote

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import Shop
from tests.browser.spans import Sender, shop_run, talk_run
from tests.collector.query import attacks
from tests.conftest import RunningCollector

pytestmark = pytest.mark.asyncio(loop_scope="session")

TO_CSV = """async ([columns, rows]) => (await import("/ui/components/sql/csv.js")).toCsv(columns, rows)"""


def sql_page(shop: Shop, sql: str = "") -> str:
    return f"{shop.url}/#/sql" + (f"?q={quote(sql)}" if sql else "")


async def cells(page: Page) -> list[list[str]]:
    await expect(page.locator("tbody tr").first).to_be_visible()
    return await page.locator("tbody tr").evaluate_all(
        "(rows) => rows.map((row) => [...row.cells].slice(1, -1).map((cell) => cell.innerText))"
    )


async def test_the_query_of_the_design_runs_as_it_is_offered(page: Page, shop: Shop):
    await page.goto(sql_page(shop))
    await page.get_by_role("region", name="Examples").get_by_role("button", name="Requests by agent").click()
    assert sorted(await cells(page)) == [["Analyst", "1", "6500"], ["Router", "1", "8000"]]


async def test_every_example_runs_and_finds_something(page: Page, collector: RunningCollector):
    with Sender(collector.url, **{"session.id": "s-1"}) as sender:
        shop_run(sender)
        talk_run(sender)
    await page.goto(f"{collector.url}/#/sql")
    examples = await page.get_by_role("region", name="Examples").get_by_role("button").all_inner_texts()
    for example in examples:
        await page.get_by_role("button", name="Examples").click()
        await page.locator(".menu-list").get_by_role("button", name=example.split("\n")[0]).click()
        await expect(page.get_by_role("region", name="Answer")).to_have_attribute("aria-busy", "false")
        await expect(page.get_by_role("alert")).to_have_count(0)
        assert (example, await cells(page)) != (example, [])
    assert len(examples) == 10


async def test_control_and_enter_run_what_was_typed(page: Page, shop: Shop):
    await page.goto(sql_page(shop))
    await page.get_by_label("SQL query").fill("SELECT 6 * 7 AS answer")
    await page.keyboard.press("Control+Enter")
    await expect(page.get_by_role("columnheader", name="answer")).to_be_visible()
    assert await cells(page) == [["42"]]
    assert page.url.endswith("#/sql?q=SELECT+6+*+7+AS+answer")


async def test_an_error_is_marked_where_it_is_with_what_was_probably_meant(page: Page, shop: Shop):
    await page.goto(sql_page(shop, "SELECT name,\n  durration_ms\nFROM spans"))
    alert = page.get_by_role("alert")
    await expect(alert).to_contain_text('unknown column "durration_ms"')
    await expect(alert).to_contain_text('did you mean "duration_ms"?')
    await expect(page.locator(".editor mark")).to_have_text("durration_ms")
    await expect(page.locator(".gutter .is-bad")).to_have_text("2")


async def test_what_would_change_something_is_refused(page: Page, shop: Shop):
    await page.goto(sql_page(shop, "DROP TABLE spans"))
    await expect(page.get_by_role("alert")).to_contain_text("SELECT")


async def test_every_attack_is_refused_on_the_page_with_its_reason(page: Page, shop: Shop):
    await page.goto(sql_page(shop))
    alert = page.get_by_role("alert")
    for text in (*attacks.FORBIDDEN.values(), *attacks.UNKNOWN.values()):
        await page.get_by_label("SQL query").fill(text)
        await expect(alert).to_have_count(0)  # that of the text before
        await page.keyboard.press("Control+Enter")
        await expect(alert).to_have_text(re.compile(".+"))
    await page.get_by_label("SQL query").fill("SELECT count(*) > 0 AS there FROM spans")
    await page.keyboard.press("Control+Enter")
    assert await cells(page) == [["true"]]


async def test_a_click_on_a_column_sorts_and_null_is_last(page: Page, shop: Shop):
    await page.goto(sql_page(shop, "SELECT n FROM (VALUES (2), (NULL), (10)) AS t(n)"))
    await page.get_by_role("button", name="n", exact=True).click()
    assert await cells(page) == [["10"], ["2"], ["null"]]
    await page.get_by_role("button", name="n", exact=True).click()
    assert await cells(page) == [["2"], ["10"], ["null"]]


async def test_an_id_leads_to_its_trace(page: Page, shop: Shop):
    await page.goto(sql_page(shop, "SELECT trace_id, span_id FROM spans WHERE type = 'tool'"))
    await page.get_by_role("link", name=shop.spans["tool"]).click()
    await expect(page.get_by_role("treeitem", selected=True)).to_contain_text("query_database")


async def test_rows_that_were_cut_off_are_announced(page: Page, shop: Shop):
    await page.goto(sql_page(shop, "SELECT i FROM range(20000) AS t(i)"))
    await expect(page.get_by_text("cut off")).to_be_visible()
    assert len(await cells(page)) < 1000


async def test_a_column_of_the_panel_goes_into_the_query(page: Page, shop: Shop):
    await page.goto(sql_page(shop))
    await page.get_by_label("SQL query").fill("SELECT ")
    await page.get_by_label("Find a column").fill("ttft")
    await page.get_by_role("button", name="ttft_ms").first.click()
    await expect(page.get_by_label("SQL query")).to_have_value("SELECT ttft_ms")


async def test_what_was_run_is_in_the_history_after_a_reload(page: Page, shop: Shop):
    await page.goto(sql_page(shop, "SELECT 1 AS first"))
    await cells(page)
    await page.goto(sql_page(shop))
    await page.get_by_role("button", name="History").click()
    await page.get_by_role("button", name="SELECT 1 AS first").click()
    assert await cells(page) == [["1"]]


async def test_a_query_is_saved_opened_by_its_link_renamed_and_deleted(page: Page, collector: RunningCollector):
    await page.goto(f"{collector.url}/#/sql?q=SELECT+6+*+7+AS+answer")
    await cells(page)
    await page.get_by_role("button", name="Saved").click()
    await page.get_by_label("Name of the query").fill("the answer")
    await page.get_by_label("What it answers").fill("to all")
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.get_by_role("heading", name="the answer")).to_be_visible()
    assert page.url.endswith("#/sql?saved=the+answer")

    await page.goto("about:blank")
    await page.goto(f"{collector.url}/#/sql?saved=the+answer")
    assert await cells(page) == [["42"]]
    await expect(page.get_by_label("SQL query")).to_have_value("SELECT 6 * 7 AS answer")

    await page.get_by_role("button", name="Saved").click()
    await page.get_by_role("button", name="Rename the answer").click()
    await page.get_by_label("New name").fill("another")
    await page.get_by_role("button", name="Rename", exact=True).click()
    await page.get_by_role("button", name="Delete another").click()
    await expect(page.get_by_text("None is saved yet")).to_be_visible()
    await page.goto("about:blank")
    await page.goto(f"{collector.url}/#/sql?saved=another")
    await expect(page.get_by_role("alert")).to_contain_text("there is no saved query 'another'")


async def test_the_csv_holds_the_rows(page: Page, shop: Shop):
    await page.goto(sql_page(shop, "SELECT 'a' AS letter, 1.5 AS number"))
    async with page.expect_download() as download:
        await page.get_by_role("button", name="CSV").click()
    path = await (await download.value).path()
    assert path.read_bytes() == b"letter,number\r\na,1.5\r\n"


async def test_a_cell_of_the_csv_is_never_a_formula(page: Page, shop: Shop):
    await page.goto(shop.url)
    texts = ["=1+1", "+cmd", "-cmd", "@SUM(A1)", "\tx", "\nx", 'say "hi", she said', -3.5, "-3.5", None]
    assert await page.evaluate(TO_CSV, [["c"], [[text] for text in texts]]) == "\r\n".join(
        [
            "c",
            '"\'=1+1"',
            '"\'+cmd"',
            '"\'-cmd"',
            '"\'@SUM(A1)"',
            '"\'\tx"',
            '"\'\nx"',
            '"say ""hi"", she said"',
            "-3.5",
            "-3.5",
            "",
            "",
        ]
    )
