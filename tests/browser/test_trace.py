"""One trace: the tree over time, and what a span says."""

import pytest
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags
from playwright.async_api import Page, expect

from tests.browser.conftest import Shop
from tests.browser.spans import BAD_SQL, FAILURE, QUESTION, Sender, agent, talk_run
from tests.collector import otlp
from tests.conftest import RunningCollector

pytestmark = pytest.mark.asyncio(loop_scope="session")

TREE = """(rows) => rows.map((row) => "  ".repeat(row.ariaLevel - 1) + row.querySelector(".wf-who").innerText.trim())"""


async def tree(page: Page) -> list[str]:
    """The names on the page, indented as the tree says."""
    await expect(page.get_by_role("treeitem").first).to_be_visible()
    return await page.get_by_role("treeitem").evaluate_all(TREE)


async def test_spans_stand_under_their_parents_in_the_order_of_time(page: Page, shop: Shop):
    await page.goto(shop.trace())
    assert await tree(page) == [
        "user_request",
        "  chat gpt-5-mini",
        "  RouterAnalyst",
        "  invoke_agent Analyst",
        "    execute_tool query_database",
        "    chat gpt-5-mini",
    ]


async def test_bars_stand_where_the_spans_were_in_time(page: Page, shop: Shop):
    await page.goto(shop.trace())
    await expect(page.locator(".wf-row .bar")).to_have_count(6)
    bars = await page.locator(".wf-row .bar").evaluate_all(
        "(bars) => bars.map((bar) => [bar.style.left, bar.style.width].map((share) => Math.round(parseFloat(share))))"
    )
    assert bars == [[0, 100], [1, 10], [13, 0], [14, 81], [15, 4], [25, 63]]


async def test_the_head_sums_up(page: Page, shop: Shop):
    await page.goto(shop.trace())
    await expect(page.locator(".totals > div")).to_have_text(
        [
            "Duration8.00 s",
            "Spans6",
            "Model calls2",
            "Tool calls1",
            "Tokens1,9201,600 in, 320 out",
            "Cost$0.0133",
            "Errors1",
        ]
    )


async def test_a_hand_over_is_an_arrow_between_two_agents(page: Page, shop: Shop):
    await page.goto(shop.trace("handover"))
    await expect(page.get_by_role("figure", name="Router hands over to Analyst")).to_contain_text(
        "It needs the database"
    )


async def test_a_message_is_an_arrow_with_its_measures_and_leads_to_its_sender(page: Page, collector: RunningCollector):
    with Sender(collector.url) as sender:
        talk = {name: span.get_span_context() for name, span in talk_run(sender).items()}
    await page.goto(f"{collector.url}/#/traces/{talk['processed'].trace_id:032x}")
    assert await tree(page) == ["PlannerWriter task"]
    message = page.get_by_role("figure", name="Planner writes to Writer")
    await expect(message.locator("dl > div")).to_have_text(["Size2.1 kB", "Waited500 ms", "Worked on1.25 s"])
    await page.get_by_role("tab", name="Links").click()
    await page.get_by_role("link", name=f"span {talk['sent'].span_id:016x}").click()
    await expect(page.get_by_role("treeitem", selected=True)).to_have_accessible_name(
        "Message Planner writes to Writer task 3.00 s"
    )
    await page.get_by_role("tab", name="Summary").click()
    await expect(message.locator("dl > div")).to_have_text(
        ["Size2.1 kB", "Answered after3.00 s", "Answer21 B", "Context2.0 kB", "Relevance0.8", "Retries1"]
    )


async def test_a_route_says_what_was_chosen_and_why(page: Page, collector: RunningCollector):
    with Sender(collector.url) as sender:
        planner = talk_run(sender)["planner"].get_span_context()
    await page.goto(f"{collector.url}/#/traces/{planner.trace_id:032x}")
    routes = page.get_by_role("region", name="Routes")
    await expect(routes.locator("dl > div")).to_have_text(["Writer0.9asks for a poemnot Translator"])


async def test_messages_read_as_a_chat(page: Page, shop: Shop):
    await page.goto(shop.trace("answer"))
    messages = page.locator(".message")
    await expect(messages.locator(".role")).to_have_text(["System", "User", "Assistant", "Tool", "User", "Assistant"])
    await expect(messages.nth(1)).to_contain_text(QUESTION)
    await expect(messages.nth(2).locator(".call")).to_contain_text("query_database")
    assert await messages.nth(2).locator("pre").inner_text() == f'{{\n  "sql": "{BAD_SQL}"\n}}'
    await expect(messages.nth(3)).to_contain_text(f"Error: {FAILURE}")
    await expect(messages.nth(4)).to_contain_text("image")
    await expect(messages.nth(5).locator("strong")).to_have_text("1,284")
    await expect(messages.nth(5).locator("pre")).to_have_text("SELECT COUNT(*) FROM orders")


async def test_reasoning_is_folded_until_asked_for(page: Page, shop: Shop):
    await page.goto(shop.trace("answer"))
    thought = page.get_by_text("The column has another name.")
    await expect(thought).to_be_hidden()
    await page.locator("summary", has_text="Reasoning").click()
    await expect(thought).to_be_visible()


async def test_tokens_are_shown_as_parts_that_do_not_overlap(page: Page, shop: Shop):
    await page.goto(shop.trace("answer"))
    bars = page.locator(".tokens")
    await expect(bars.nth(0)).to_contain_text("new 400")
    await expect(bars.nth(0)).to_contain_text("read from cache 800")
    await expect(bars.nth(1)).to_contain_text("answer 200")
    await expect(bars.nth(1)).to_contain_text("reasoning 100")


async def test_a_failure_is_seen_in_the_tree_and_read_in_the_details(page: Page, shop: Shop):
    await page.goto(shop.trace())
    await page.get_by_role("button", name="1 error").click()
    await expect(page.get_by_role("treeitem", selected=True)).to_have_accessible_name(
        "Tool call execute_tool query_database Failed 300 ms"
    )
    await expect(page.locator(".error-box")).to_contain_text(FAILURE)
    await page.get_by_role("button", name="Stack trace").click()
    await expect(page.get_by_role("tabpanel")).to_contain_text('File "/srv/shop/tools.py", line 41, in query')


async def test_what_was_said_of_a_span_stands_at_it(page: Page, collector: RunningCollector):
    with Sender(collector.url) as sender:
        context = sender.span("chat gpt-5-mini").get_span_context()
    ids = (f"{context.span_id:016x}", f"{context.trace_id:032x}")
    said = otlp.evaluation(*ids, name="relevance", score_value=0.75, score_label="good", explanation="It answers.")
    await page.goto(f"{collector.url}/#/traces/{ids[1]}?span={ids[0]}")
    await expect(page.get_by_role("treeitem")).to_have_count(1)
    otlp.post(f"{collector.url}/v1/logs", otlp.logs(said).SerializeToString())
    await expect(page.get_by_role("region", name="Evaluations")).to_have_text("Evaluationsrelevance0.75goodIt answers.")


async def test_attributes_can_be_filtered_and_copied(page: Page, shop: Shop):
    await page.goto(shop.trace("tool"))
    await page.get_by_role("tab", name="Attributes").click()
    await page.get_by_label("Filter attributes").fill("tool.name")
    await expect(page.locator(".attrs dt")).to_have_text(["gen_ai.tool.name"])
    await page.get_by_role("button", name="Copy gen_ai.tool.name").click()
    assert await page.evaluate("navigator.clipboard.readText()") == "query_database"


async def test_the_tree_is_walked_by_keys(page: Page, shop: Shop):
    await page.goto(shop.trace())
    await page.get_by_role("tree").focus()
    selected = page.get_by_role("treeitem", selected=True)
    for key, name in [
        ("ArrowDown", "chat gpt-5-mini"),
        ("End", "chat gpt-5-mini"),
        ("ArrowLeft", "invoke_agent Analyst"),
        ("ArrowUp", "RouterAnalyst"),
        ("Home", "user_request"),
    ]:
        await page.keyboard.press(key)
        await expect(selected.locator(".span-name")).to_have_text(name)
    await page.keyboard.press("ArrowLeft")
    assert await tree(page) == ["user_request\n1\n+3"]
    await page.keyboard.press("ArrowRight")
    await expect(page.get_by_role("treeitem")).to_have_count(6)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("tabpanel")).to_be_focused()


async def test_spans_whose_parent_is_missing_stand_under_a_note(page: Page, collector: RunningCollector):
    lost = NonRecordingSpan(SpanContext(0xABC, 0x123456789ABCDEF0, is_remote=True, trace_flags=TraceFlags(1)))
    with Sender(collector.url) as sender:
        orphan = sender.span("execute_tool ping", lost)
        sender.span("chat gpt-5-mini", orphan)
    await page.goto(f"{collector.url}/#/traces/{0xABC:032x}")
    assert await tree(page) == ["Waiting for its parent,\n12345678", "  execute_tool ping", "    chat gpt-5-mini"]


async def test_two_thousand_spans_are_scrolled_with_few_on_the_page(page: Page, collector: RunningCollector):
    with Sender(collector.url) as sender:
        root = sender.span("nightly_index", lasts=9, attributes=agent("Indexer"))
        for number in range(1999):
            sender.span(f"execute_tool file_{number}", root, number / 250, 0.003)
            if number % 400 == 0:
                sender.flush()
    await page.goto(f"{collector.url}/#/traces/{root.get_span_context().trace_id:032x}")
    await page.get_by_role("tree").focus()
    await page.keyboard.press("End")
    await expect(page.get_by_role("treeitem", selected=True)).to_contain_text("file_1998")
    assert await page.get_by_role("treeitem").count() < 80


async def test_an_unknown_trace_says_so(page: Page, shop: Shop):
    await page.goto(f"{shop.url}/#/traces/{'0' * 31}1")
    await expect(page.get_by_text("There is no trace with this id")).to_be_visible()


async def test_a_phone_shows_the_details_over_the_tree(page: Page, shop: Shop):
    await page.set_viewport_size({"width": 390, "height": 844})
    await page.goto(shop.trace())
    await page.get_by_role("treeitem").nth(4).click()
    await expect(page.get_by_role("tabpanel")).to_contain_text(FAILURE)
    await page.get_by_role("button", name="Close the details").click()
    await expect(page.get_by_role("tabpanel")).to_have_count(0)
    assert await page.evaluate("document.documentElement.scrollWidth") == 390
