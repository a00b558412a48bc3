"""How long questions take, asked over HTTP as the UI and the command line ask: of millions of spans, and under load."""

import http.client
import itertools
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import quantiles
from urllib.parse import urlencode

from tests.benchmarks import running, spans
from tests.benchmarks.filled import fill
from tests.benchmarks.running import Collector
from tests.benchmarks.table import markdown

TOTAL = 2_000_000
HOUR_S = 3600
LOAD = 20_000  # spans a second
LOAD_S = 20

DESIGN_QUERY = """SELECT attributes->>'agent' AS agent, COUNT(*) AS requests, AVG(duration_ms) AS avg_duration
FROM spans WHERE attributes->>'agent' IS NOT NULL GROUP BY agent"""
ONE_KEY = "SELECT attributes->>'app.field_12' AS value, COUNT(*) FROM spans GROUP BY value ORDER BY 2 DESC LIMIT 10"
IN_MESSAGES = """SELECT trace_id, span_id FROM spans
WHERE start_time > now()::TIMESTAMP - INTERVAL 1 DAY AND attributes->>'gen_ai.input.messages' LIKE '%zebra%'
LIMIT 50"""

Question = Callable[[int], object]


def run(*, quick: bool) -> str:
    with tempfile.TemporaryDirectory() as folder:
        total = fill(Path(folder), 20_480 if quick else TOTAL, HOUR_S)
        with running.collector(Path(folder)) as collector:
            sql = {"sql": "SELECT trace_id FROM spans USING SAMPLE 20"}
            some = [row[0] for row in collector.ask("POST", "/api/v1/sql", sql)["rows"]]
            stored = _table(f"Questions over HTTP at {total:,} spans", _stored(collector, some), 5 if quick else 30)
            with _load(collector, 2 if quick else LOAD_S) as is_on:
                pages = _pages(collector, some)
                loaded = _table(f"Pages over HTTP while {LOAD:,} spans arrive a second", pages, 1000, is_on)
    return f"{stored}\n{loaded}"


def _stored(collector: Collector, some: list[str]) -> dict[str, Question]:
    by_id = "SELECT * FROM {table} WHERE trace_id = '{id}'"
    return {
        "the README's query (all spans, by agent)": lambda _: _sql(collector, DESIGN_QUERY),
        **_pages(collector, some),
        "the overview of the last 24 hours": lambda _: collector.ask("GET", "/api/v1/overview?minutes=1440"),
        "spans of a trace, by SQL": lambda at: _sql(collector, by_id.format(table="spans", id=some[at % len(some)])),
        "a trace of traces, by SQL": lambda at: _sql(collector, by_id.format(table="traces", id=some[at % len(some)])),
        "any one key of all attributes": lambda _: _sql(collector, ONE_KEY),
        "a word in the messages of a day, by SQL": lambda _: _sql(collector, IN_MESSAGES),
        "a word anywhere, in the list of traces": lambda _: _search(collector, "zebra"),
        "floor: SELECT 1": lambda _: _sql(collector, "SELECT 1"),
    }


def _pages(collector: Collector, some: list[str]) -> dict[str, Question]:
    return {
        "the overview of the last hour": lambda _: collector.ask("GET", "/api/v1/overview?minutes=60"),
        "the newest 100 traces": lambda _: collector.ask("GET", "/api/v1/traces?limit=100"),
        "one trace by id": lambda at: collector.ask("GET", f"/api/v1/traces/{some[at % len(some)]}"),
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


def _table(title: str, questions: dict[str, Question], times: int, is_on: Callable[[], bool] = lambda: True) -> str:
    """Ask each in turn, so that all meet the same, so many times or while it is on."""
    took: dict[str, list[float]] = {name: [] for name in questions}
    for question in questions.values():
        question(0)
    for at in itertools.takewhile(lambda at: at < times and (at < 2 or is_on()), itertools.count()):
        for name, question in questions.items():
            began = time.perf_counter()
            question(at)
            took[name].append((time.perf_counter() - began) * 1e3)
    cuts = {name: quantiles(values, n=20) for name, values in took.items()}
    rows = [[name, f"{cut[9]:.1f} ms", f"{cut[18]:.1f} ms"] for name, cut in cuts.items()]
    return markdown(title, ["", "median", "p95"], rows)


@contextmanager
def _load(collector: Collector, for_s: float) -> Iterator[Callable[[], bool]]:
    """Send spans at the rate for a while, beside what is asked meanwhile; gives whether it still does."""
    with _listening(collector):
        sender = threading.Thread(target=lambda: collector.send(_paced(for_s)))
        sender.start()
        try:
            yield sender.is_alive
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
def _listening(collector: Collector) -> Iterator[None]:
    """Follow the live stream, as a page that is open does."""
    connection = http.client.HTTPConnection("127.0.0.1", collector.port)
    connection.request("GET", "/api/v1/live")
    answer = connection.getresponse()
    follower = threading.Thread(target=lambda: [None for _ in iter(answer.readline, b"")], daemon=True)
    follower.start()
    try:
        yield
    finally:
        connection.sock.shutdown(2)
        follower.join(5)
        connection.close()
