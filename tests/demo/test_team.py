"""The demo's team on the scripted model server: every question it is asked, and what it makes of tools that fail."""

from __future__ import annotations

import asyncio
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from otel_agents.demo.ledger import CURRENT, Bill
from otel_agents.demo.model_server import ModelServer
from otel_agents.demo.questions import QUESTIONS, Request, a_few, without_end
from otel_agents.demo.run import ask, ask_all, team
from otel_agents.demo.team import MISTAKES

if TYPE_CHECKING:
    from otel_agents.demo.run import Outcome
    from otel_agents.demo.team import Team

WHO = {"user": "ana", "session": "s-1", "tenant": "acme"}
BOUND_TO_FAIL = {
    "Which customers buy the same products?": "TimeoutError: the query took more than 20,000,000 steps and was stopped",
    "Read every file of the source code and compare their style.": "BadRequestError: Error code: 400 - This model's "
    "maximum context length is 24000 tokens.",
}


@pytest.fixture
async def analysts(model_server):
    async with team(None, model_server) as analysts:
        yield analysts


@pytest.fixture(autouse=True)
def bill() -> Bill:
    bill = Bill()
    CURRENT.set(bill)
    return bill


@pytest.mark.parametrize("text", [text.format(*fillings) for _, text, fillings in QUESTIONS])
async def test_every_question_is_answered_but_those_bound_to_fail(analysts: Team, text):
    outcome = await ask(analysts, Request(text, "ana", "acme", "s-1"))
    assert (outcome.error or "").startswith(BOUND_TO_FAIL.get(text, ""))
    assert outcome.bill.failed == (text in BOUND_TO_FAIL)


async def test_an_answer_has_the_numbers_the_tools_returned(analysts: Team):
    answer = await analysts.answer("How long do urgent tickets wait until they are closed?", **WHO)
    [sales] = {tool.__self__ for tool in analysts.data_tools}
    query = (
        "SELECT COUNT(*), ROUND(AVG(julianday(closed_at) - julianday(opened_at)) * 24, 1), ROUND(AVG(rating), 2) "
        "FROM tickets WHERE priority = 'urgent' AND closed_at IS NOT NULL"
    )
    with closing(sales._connect()) as db:
        [(tickets, hours, rating)] = db.execute(query)
    assert answer.startswith(
        f"The {tickets} urgent tickets that are closed took {hours} hours on average and were rated {rating} of 5."
    )


async def test_a_query_with_a_wrong_column_is_corrected(analysts: Team, bill):
    answer = await analysts.answer("Which products earned the most in Q3?", **WHO)
    assert answer.startswith("In Q3 the products that earned most were:\n- Mint: $19,643 from 232 items\n")
    assert bill.model_calls == 5  # the router, a wrong query, the tables, the right query, the answer


async def test_a_file_that_is_not_there_is_looked_for(analysts: Team):
    answer = await analysts.answer("What does the module config.py do?", **WHO)
    assert answer.startswith(
        "There is no config.py; the nearest is sdk/configure.py. sdk/configure.py: The wiring of the SDK"
    )


async def test_what_may_only_be_read_is_not_changed(analysts: Team):
    answer = await analysts.answer("Close all low tickets that are still open.", **WHO)
    assert answer == (
        "I may only read this database (DatabaseError: not authorized). There are 19 open low tickets to close."
    )


async def test_a_call_that_is_refused_is_made_again():
    with ModelServer(pace=0, refuse_every=2) as server:
        async with team("gpt-4o", server) as analysts:
            answer = await analysts.answer("Which source files are the longest?", **WHO)
    assert answer.startswith("The longest files:\n")


def test_a_time_out_is_no_mistake_for_the_model_to_put_right():
    assert not issubclass(TimeoutError, MISTAKES)


async def test_requests_run_at_once_up_to_a_limit(analysts: Team):
    running, most, outcomes = 0, 0, []
    answer = analysts.answer

    async def counted(question: str, **who: str) -> str:
        nonlocal running, most
        running, most = running + 1, max(most, running + 1)
        try:
            return await answer(question, **who)
        finally:
            running -= 1

    analysts.answer = counted
    await ask_all(analysts, a_few(), outcomes.append, pace=0, at_once=3, stop=asyncio.Event())
    assert most == 3
    assert {outcome.request.text: outcome.error for outcome in outcomes if outcome.error} == {
        "Which customers buy the same products?": BOUND_TO_FAIL["Which customers buy the same products?"]
    }
    assert len(outcomes) == 6


async def test_stopping_lets_what_runs_finish_and_starts_nothing_more(analysts: Team):
    stop, outcomes = asyncio.Event(), []

    def done(outcome: Outcome) -> None:
        outcomes.append(outcome)
        stop.set()

    await ask_all(analysts, without_end(seed=3), done, pace=0, at_once=2, stop=stop)
    assert len(outcomes) == 2


def test_users_ask_in_sessions_of_three():
    asked = without_end(seed=1)
    requests = [next(asked) for _ in range(6)]
    assert [request.session for request in requests[:3]] == [requests[0].session] * 3
    assert requests[3].session != requests[0].session
    assert len({(request.user, request.tenant) for request in requests}) <= 2
