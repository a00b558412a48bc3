"""How long questions take, asked over HTTP as the UI and the command line ask: of millions of spans, and under load."""

import http.client
import itertools
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from statistics import quantiles
from urllib.parse import urlencode

from tests.benchmarks import running, spans
from tests.benchmarks.filled import fill
from tests.benchmarks.running import Collector
from tests.benchmarks.table import markdown

TOTAL = 2_000_000
MANY = 10_000_000
HOUR_S = 3600  # all spans of the first are of it, and of the second as many as of the first
LOAD = 20_000  # spans a second
LOAD_S = 20

HOUR = "the overview of the last hour"
NEWEST = "the newest 100 traces"
DESIGN_QUERY = """SELECT attributes->>'agent' AS agent, COUNT(*) AS requests, AVG(duration_ms) AS avg_duration
FROM spans WHERE attributes->>'agent' IS NOT NULL GROUP BY agent"""
ONE_KEY = "SELECT attributes->>'app.field_12' AS value, COUNT(*) FROM spans GROUP BY value ORDER BY 2 DESC LIMIT 10"
IN_MESSAGES = """SELECT trace_id, span_id FROM spans
WHERE start_time > now()::TIMESTAMP - INTERVAL 1 DAY AND attributes->>'gen_ai.input.messages' LIKE '%zebra%'
LIMIT 50"""

# What they are held to, in milliseconds: the median among the first, three times that among the second, where a time or
# an id bounds them; the 95th percentile under load.
ALL_BY_AGENT = "the README's query (all spans, by agent)"
BY_ID = "one trace by id"
ANY_KEY = "any one key of all attributes"
A_WORD = "a word in the messages of a day, by SQL"
START = "a start, from the command to listening"
MARKS = {ALL_BY_AGENT: 50, HOUR: 20, NEWEST: 30, BY_ID: 20, ANY_KEY: 500, A_WORD: 1000}
LOADED_MARK = 100

Question = Callable[[int], object]
Took = dict[str, list[float]]  # milliseconds, by what was asked


def run(*, quick: bool) -> str:
    times = 5 if quick else 30
    with tempfile.TemporaryDirectory() as folder:
        total = fill(Path(folder), 20_480 if quick else TOTAL, HOUR_S)
        with running.collector(Path(folder)) as collector:
            some = _some_traces(collector)
            took = _ask(_stored(collector, some), times)
            stored = _table(f"Questions over HTTP at {total:,} spans", took, MARKS)
            with _load(collector, 2 if quick else LOAD_S) as (is_on, tail):
                pages = _pages(collector, some)
                took = _ask(pages, 1000, is_on)
            took["the live tail, from a commit's event to its newest traces"] = tail
            marks = dict.fromkeys(took, LOADED_MARK)
            loaded = _table(f"Pages over HTTP while {LOAD:,} spans arrive a second", took, marks)
    return "\n".join([stored, _many(102_400 if quick else MANY, times), loaded])


def _many(total: int, times: int) -> str:
    """Questions that a time or an id bounds, of more spans over more hours; and the start with those."""
    with tempfile.TemporaryDirectory() as folder:
        total = fill(Path(folder), total, HOUR_S * MANY / TOTAL)
        began = time.perf_counter()
        with running.collector(Path(folder)) as collector:
            start_ms = (time.perf_counter() - began) * 1e3
            took = _ask(_bounded(collector, _some_traces(collector)), times)
    title = f"Bounded by time or id, at {total:,} spans of {MANY // TOTAL} hours"
    marks = {name: 3 * mark for name, mark in MARKS.items()} | {START: 2000}
    return _table(title, {**took, START: [start_ms, start_ms]}, marks)


def _some_traces(collector: Collector) -> list[str]:
    sql = {"sql": "SELECT trace_id FROM spans USING SAMPLE 20"}
    return [row[0] for row in collector.ask("POST", "/api/v1/sql", sql)["rows"]]


def _stored(collector: Collector, some: list[str]) -> dict[str, Question]:
    return {
        ALL_BY_AGENT: lambda _: _sql(collector, DESIGN_QUERY),
        **_bounded(collector, some),
        "the overview of the last 24 hours": lambda at: collector.ask(
            "GET", f"/api/v1/overview?minutes={1440 + at % 9}"
        ),
        ANY_KEY: lambda _: _sql(collector, ONE_KEY),
        "a word anywhere, in the list of traces": lambda _: _search(collector, "zebra"),
        "floor: SELECT 1": lambda _: _sql(collector, "SELECT 1"),
    }


def _bounded(collector: Collector, some: list[str]) -> dict[str, Question]:
    by_id = "SELECT * FROM {table} WHERE trace_id = '{id}'"
    return {
        **_pages(collector, some),
        # Not the same each time, as an answer is kept until something is stored.
        HOUR: lambda at: collector.ask("GET", f"/api/v1/overview?minutes={60 + at % 9}"),
        NEWEST: lambda at: collector.ask("GET", f"/api/v1/traces?limit={100 + at % 9}"),
        "the same, asked again": lambda at: collector.ask("GET", f"/api/v1/traces?limit={100 + at % 9}"),
        "spans of a trace, by SQL": lambda at: _sql(collector, by_id.format(table="spans", id=some[at % len(some)])),
        "a trace of traces, by SQL": lambda at: _sql(collector, by_id.format(table="traces", id=some[at % len(some)])),
        A_WORD: lambda _: _sql(collector, IN_MESSAGES),
    }


def _pages(collector: Collector, some: list[str]) -> dict[str, Question]:
    return {
        HOUR: lambda _: collector.ask("GET", "/api/v1/overview?minutes=60"),
        NEWEST: lambda _: collector.ask("GET", "/api/v1/traces?limit=100"),
        BY_ID: lambda at: collector.ask("GET", f"/api/v1/traces/{some[at % len(some)]}"),
    }


def _sql(collector: Collector, sql: str) -> None:
    """Run a query; one that takes too long takes as long as it may."""
    try:
        collector.ask("POST", "/api/v1/sql", {"sql": sql})
    except RuntimeError as refused:
        if "took longer" not in str(refused):
            raise


def _search(collector: Collector, word: str) -> None:
    """Look through everything: an answer that stops early says where to go on."""
    wanted = {"q": word, "minutes": 1440}
    while before := collector.ask("GET", f"/api/v1/traces?{urlencode(wanted)}")["next"]:
        wanted["before"] = before


def _ask(
    questions: dict[str, Question], times: int, is_on: Callable[[], bool] = lambda: True
) -> dict[str, list[float]]:
    """Ask each in turn, so that all meet the same, so many times or while it is on; gives milliseconds."""
    took: Took = {name: [] for name in questions}
    for question in questions.values():
        question(0)
    for at in itertools.takewhile(lambda at: at < times and (at < 2 or is_on()), itertools.count()):
        for name, question in questions.items():
            began = time.perf_counter()
            question(at)
            took[name].append((time.perf_counter() - began) * 1e3)
    return took


def _table(title: str, took: Took, marks: Mapping[str, int]) -> str:
    cuts = {name: quantiles(values, n=20) for name, values in took.items() if len(values) > 1}
    at_most = {name: f"{marks[name]:,} ms" if name in marks else "" for name in cuts}
    rows = [[name, f"{cut[9]:.1f} ms", f"{cut[18]:.1f} ms", at_most[name]] for name, cut in cuts.items()]
    return markdown(title, ["", "median", "p95", "at most"], rows)


@contextmanager
def _load(collector: Collector, for_s: float) -> Iterator[tuple[Callable[[], bool], list[float]]]:
    """Send spans at the rate for a while, beside what is asked meanwhile.

    Gives whether it still does, and how many milliseconds after each event of the live stream its traces were listed.
    """
    sender = threading.Thread(target=lambda: collector.send(_paced(for_s)))
    with _listening(collector, sender.is_alive) as tail:
        sender.start()
        try:
            yield sender.is_alive, tail
        finally:
            sender.join()


def _paced(for_s: float) -> Iterator[bytes]:
    per_second = LOAD / spans.REQUEST
    count = int(for_s * per_second)
    step_ns = int(1e9 / (LOAD / spans.TRACE))
    bodies = spans.requests(count * spans.REQUEST, first_ns=time.time_ns(), step_ns=step_ns, seed=3)
    began = time.monotonic()
    for number, body in enumerate(bodies):
        time.sleep(max(0.0, began + number / per_second - time.monotonic()))
        yield body


@contextmanager
def _listening(collector: Collector, is_on: Callable[[], bool]) -> Iterator[list[float]]:
    """Follow the live stream, as a page that is open does: with each event it asks for the newest traces.

    Once the load is over, a question waits for what was sent: those are not noted.
    """
    took: list[float] = []

    def follow() -> None:
        for line in iter(answer.readline, b""):
            if line.startswith(b"data:"):
                began = time.perf_counter()
                collector.ask("GET", "/api/v1/traces?limit=50")
                if is_on():
                    took.append((time.perf_counter() - began) * 1e3)

    connection = http.client.HTTPConnection("127.0.0.1", collector.port)
    connection.request("GET", "/api/v1/live")
    answer = connection.getresponse()
    follower = threading.Thread(target=follow, daemon=True)
    follower.start()
    try:
        yield took
    finally:
        connection.sock.shutdown(2)
        follower.join(5)
        connection.close()
