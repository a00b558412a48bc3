"""Programs that use Logfire's own package too: whichever is configured first, both have every span, once."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from tests.sdk.receiving import Receiver, receiving

pytest.importorskip("logfire")

THEIRS = """
logfire.configure(
    send_to_logfire={sends}, token={token}, service_name="shop", console=False, inspect_arguments=False,
    advanced=logfire.AdvancedOptions(base_url={logfire!r}),
)
"""
OURS = "otel_agents.configure(endpoint={collector!r}, **{settings!r})\n"
WORK = """
with logfire.span("request {number}", number=1):
    with monitor_operation("answer", agent_name="A", user_id="u"):
        early.start_span("early").end()
        with monitor_operation("ask", model="gpt-4o", provider="openai") as op:
            with late.start_as_current_span("ChatCompletion", attributes={"openinference.span.kind": "LLM"}) as inside:
                inside.set_attributes({"llm.token_count.prompt": 1000, "llm.token_count.completion": 100})
            op.usage(input_tokens=1000, output_tokens=100)
            op.input("the key is AKIAIOSFODNN7EXAMPLQ")
        with logfire.span("inner"):
            pass
otel_agents.flush()
logfire.force_flush()
print(otel_agents.metrics_collector.metrics["A"].total_tokens)
otel_agents.shutdown()
logfire.shutdown()
"""
OUR_TOKEN, THEIR_TOKEN = "pylf_v1_eu_ours", "pylf_v1_eu_theirs"


@pytest.fixture
def collector() -> Iterator[Receiver]:
    with receiving() as server:
        yield server


@pytest.fixture
def logfire() -> Iterator[Receiver]:
    with receiving() as server:
        yield server


def run(order: list[str], collector: Receiver, at: Receiver, *, sends: bool, **settings: object) -> None:
    """Run a program that configures in this order; what its warnings would be ends it."""
    parts = {
        "theirs": THEIRS.format(sends=sends, token=repr(THEIR_TOKEN) if sends else None, logfire=at.url),
        "ours": OURS.format(collector=collector.url, settings=settings),
    }
    program = "\n".join(
        [
            "import logfire, otel_agents, warnings",
            "from opentelemetry import trace",
            "from otel_agents import monitor_operation",
            # the stand-in takes spans and knows nothing of projects
            "warnings.filterwarnings('ignore', 'Logfire API returned status code 501')",
            parts[order[0]],
            "early = trace.get_tracer('early')",
            *(parts[each] for each in order[1:]),
            "late = trace.get_tracer('late')",
            WORK,
        ]
    )
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, timeout=60, check=False
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "1100\n", "")


def arrived(receiver: Receiver) -> Iterator[Any]:
    """The spans that came, without those Logfire's package sends ahead of spans that take longer."""
    for path, _, message in receiver.requests:
        if path == "/v1/traces":
            for resource in message.resource_spans:
                for scope in resource.scope_spans:
                    yield from (span for span in scope.spans if said(span).get("logfire.span_type") != "pending_span")


def said(span: Any) -> dict[str, Any]:
    return {pair.key: getattr(pair.value, pair.value.WhichOneof("value")) for pair in span.attributes}


def attributes(receiver: Receiver, name: str) -> dict[str, Any]:
    (span,) = [span for span in arrived(receiver) if span.name == name]
    return said(span)


def tree(receiver: Receiver) -> list[str]:
    """The spans of the one trace that came, each once, indented below their parents."""
    spans = list(arrived(receiver))
    assert len({span.trace_id for span in spans}) == 1
    assert len({span.span_id for span in spans}) == len(spans)

    def lines(parent: bytes, depth: int) -> list[str]:
        below = sorted((span for span in spans if span.parent_span_id == parent), key=lambda s: s.start_time_unix_nano)
        return [line for span in below for line in ("  " * depth + span.name, *lines(span.span_id, depth + 1))]

    return lines(b"", 0)


TREE = ["request {number}", "  answer", "    early", "    ask", "      ChatCompletion", "    inner"]


@pytest.mark.parametrize(
    "order", [["theirs", "ours"], ["ours", "theirs"], ["theirs", "ours", "theirs"]], ids=lambda order: ", ".join(order)
)
def test_both_have_the_whole_trace_whichever_is_first(collector, logfire, order) -> None:
    run(order, collector, logfire, sends=True, logfire=True, logfire_token=OUR_TOKEN, logfire_base_url=logfire.url)
    assert tree(collector) == tree(logfire) == TREE
    assert {headers["authorization"] for _, headers, _ in logfire.requests} == {THEIR_TOKEN}  # it is not sent twice
    assert attributes(logfire, "ask")["operation.cost"] == 1000 * 2.5e-6 + 100 * 10e-6
    for receiver in (collector, logfire):
        assert "the key is" in attributes(receiver, "ask")["gen_ai.input.messages"]
        assert "AKIA" not in attributes(receiver, "ask")["gen_ai.input.messages"]
    assert attributes(collector, "ChatCompletion")["otel_agents.span.type"] == "other"
    assert attributes(collector, "inner")["user.id"] == "u"


@pytest.mark.parametrize("order", [["theirs", "ours"], ["ours", "theirs"]], ids=lambda order: ", ".join(order))
def test_where_their_package_does_not_send_we_do(collector, logfire, order) -> None:
    run(order, collector, logfire, sends=False, logfire="only", logfire_token=OUR_TOKEN, logfire_base_url=logfire.url)
    assert tree(logfire) == TREE
    assert {headers["authorization"] for _, headers, _ in logfire.requests} == {OUR_TOKEN}
    assert collector.requests == []
