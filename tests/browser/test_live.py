"""What arrives is on the page without anyone reloading it."""

import re

import pytest
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags
from playwright.async_api import Page, expect

from tests.browser.spans import Sender, agent, shop_run
from tests.collector import otlp
from tests.conftest import RunningCollector
from tests.end_to_end.living import program

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


async def test_a_run_is_seen_while_it_runs_and_when_it_has_ended(page: Page, collector: RunningCollector):
    with program("runs", collector.url) as running:
        await page.goto(f"{collector.url}/#/traces?status=running")
        row = page.locator("tbody tr")
        await expect(row.get_by_role("img", name="Running")).to_be_visible()
        await page.goto(f"{collector.url}/#/")
        await page.get_by_role("link", name="1 running now").click()
        await row.get_by_role("link").click()
        bars = page.locator(".bar-label")
        await expect(bars).to_contain_text(["running", "s", "running"])  # the run, what ended before, what is inside
        await expect(page.get_by_role("region", name="Selected span")).to_contain_text("running for")
        running.end()
        await expect(page.locator(".trace-head")).not_to_contain_text("running")
        await expect(page.locator(".bar.is-running")).to_have_count(0)
        await expect(page.get_by_role("treeitem")).to_have_count(3)


async def test_a_run_whose_program_died_is_marked(page: Page, collector: RunningCollector):
    with program("runs", collector.url) as running:
        await page.goto(f"{collector.url}/#/traces")
        await expect(page.get_by_role("img", name="Running")).to_be_visible()
        running.process.kill()
        await expect(page.get_by_role("img", name="Abandoned")).to_be_visible()
        await page.locator("tbody tr").get_by_role("link").click()
        await expect(page.locator(".trace-head")).to_contain_text("abandoned")
        await expect(page.get_by_role("tabpanel")).to_contain_text("without ending it")


async def test_a_parent_takes_the_place_of_what_stood_for_it(page: Page, collector: RunningCollector):
    with Sender(collector.url) as sender:
        parent = NonRecordingSpan(SpanContext(0xABC, 0x123456789ABCDEF0, is_remote=True, trace_flags=TraceFlags(1)))
        sender.span("execute_tool ping", parent)
        sender.flush()
        await page.goto(f"{collector.url}/#/traces/{0xABC:032x}")
        rows = page.get_by_role("treeitem")
        await expect(rows).to_contain_text(["Waiting for its parent, 12345678", "execute_tool ping"])
        late = otlp.span(trace_id=f"{0xABC:032x}", span_id="123456789abcdef0", name="invoke_agent Late")
        otlp.post(f"{collector.url}/v1/traces", otlp.request(late).SerializeToString())
        await expect(rows).to_contain_text(["invoke_agent Late", "execute_tool ping"])
        await expect(rows).to_have_count(2)


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
