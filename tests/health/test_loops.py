from itertools import pairwise

from otel_agents.health.loops import Loops
from otel_agents.health.stalls import Open, Stall, stalls

NOW = 1_700_000_000 * 10**9
SECOND = 10**9


def called(loops, number, *, run=1, arguments="a", now=NOW):
    for _ in range(number):
        loops.call(run, "search", hash(arguments), arguments, "Chat", now)


def handed(loops, *names, run=1, now=NOW):
    for giver, taker in pairwise(names):
        loops.handoff(run, giver, taker, now)


def test_the_same_tool_with_the_same_arguments():
    loops = Loops(3, 0)
    called(loops, 2)
    assert (loops.of(1), loops.now(NOW)) == (None, [])
    called(loops, 2)
    loop = loops.of(1)
    assert (loop.rule, loop.times, loop.limit, loop.message, loop.evidence) == (
        "loop",
        4,
        3,
        "Chat called search 4 times with the same arguments: a",
        {"trace_id": f"{1:032x}", "tool": "search", "arguments": "a", "calls": 4, "agent": "Chat"},
    )
    assert loops.now(NOW + 300 * SECOND) == [loop]
    assert loops.now(NOW + 301 * SECOND) == []


def test_other_arguments_other_runs_and_long_pauses_are_no_loop():
    loops = Loops(3, 0)
    for number in range(10):
        called(loops, 1, arguments=str(number))
        called(loops, 1, run=number)
        called(loops, 1, run=99, now=NOW + number * 301 * SECOND)
    assert all(loops.of(run) is None for run in (2, 5, 99))


def test_agents_that_hand_back_and_forth():
    loops = Loops(0, 4)
    handed(loops, "Router", "Writer", "Router", "Writer")
    assert loops.of(1) is None
    handed(loops, "Writer", "Router")
    loop = loops.of(1)
    assert (loop.rule, loop.message) == (
        "handoff_loop",
        "Router and Writer handed over to each other 4 times in one run",
    )
    assert loop.evidence == {"trace_id": f"{1:032x}", "agents": ["Router", "Writer"], "handoffs": 4}


def test_handing_on_is_no_loop():
    loops = Loops(0, 3)
    handed(loops, "Router", "Writer", "Critic", "Router", "Writer", "Critic", "Router")
    for _ in range(5):
        handed(loops, "Router", "Writer")  # and somebody else hands back
    assert loops.of(1) is None


def test_what_is_off_is_not_counted():
    loops = Loops(0, 0)
    called(loops, 100)
    handed(loops, *["A", "B"] * 50)
    assert loops.of(1) is None


def test_runs_are_bounded():
    loops = Loops(1, 0)
    for run in range(1_005):
        called(loops, 1, run=run)
    assert (len(loops.now(NOW)), loops.of(4), loops.of(5) is None) == (1_000, None, False)


def test_a_run_in_which_nothing_ends_stands_still():
    waiting = [Open(1, "agent", NOW - 900 * SECOND), Open(1, "search", NOW - 700 * SECOND)]
    busy = [Open(2, "agent", NOW - 900 * SECOND)]
    begun = [Open(3, "agent", NOW - 10 * SECOND)]
    last_end = {1: NOW - 800 * SECOND, 2: NOW - 5 * SECOND}
    found = stalls([*waiting, *busy, *begun], lambda run: last_end.get(run, 0), 600, NOW)
    assert found == [Stall(1, 700.0, waiting[::-1])]
    assert stalls(waiting, lambda run: 0, 701, NOW) == []
