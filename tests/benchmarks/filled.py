"""A data folder that holds millions of spans, made sooner than they could be sent: a few, again and again."""

import time
from pathlib import Path

import duckdb

from otel_agents.collector.app import DATABASE
from otel_agents.collector.receiver.decode_spans import decode_spans
from otel_agents.collector.store.duckdb import DuckDBStore
from tests.benchmarks import spans

SEED = spans.TEMPLATES * spans.REQUEST  # so many are stored as they come, and repeated with other ids, later
_GROUP = 16  # requests in a commit
_ROUNDS = 15  # at a time: four whole row groups, which can be sorted in memory

_LATER = "{column} + to_microseconds(round * $period_us) AS {column}"
_AGAIN = """
INSERT INTO {table} BY NAME
SELECT * EXCLUDE (round, row) REPLACE ({columns})
FROM
    (SELECT *, row_number() OVER () AS row FROM {table} LIMIT $seed_rows),
    range($first_round, $end_round) AS rounds(round)
ORDER BY round, row
"""
_TRACE_ID = "md5(trace_id || round) AS trace_id"
_BATCH = "batch + round * $commits AS batch"
_TABLES = {
    "trace_ranges": [
        _TRACE_ID,
        "('0x' || right(md5(trace_id || round), 16))::UBIGINT AS key",
        *(_LATER.format(column=column) for column in ("first", "last")),
        _BATCH,
    ],
    "span_data": [
        _TRACE_ID,
        "left(md5(span_id || round), 16) AS span_id",
        "left(md5(parent_span_id || round), 16) AS parent_span_id",
        *(_LATER.format(column=column) for column in ("start_time", "end_time")),
        _BATCH,
    ],
}


def fill(folder: Path, total: int, over_s: float) -> int:
    """Make a collector's data folder whose spans start evenly over the time that ends now.

    Args:
        folder: there.
        total: about how many spans.
        over_s: how long that time is.

    Returns:
        How many there are.
    """
    seed = min(SEED, total)
    rounds = max(1, round(total / seed))
    step_us = int(over_s * 1e6 / (rounds * seed // spans.TRACE))
    period_us = seed // spans.TRACE * step_us
    first_ns = time.time_ns() - rounds * period_us * 1000
    store = DuckDBStore(folder / DATABASE)
    batches = [decode_spans(body).batch for body in spans.requests(seed, first_ns=first_ns, step_ns=step_us * 1000)]
    commits = [batches[at : at + _GROUP] for at in range(0, len(batches), _GROUP)]
    for commit in commits:
        store.write(commit)
    store.close()
    given = {"period_us": period_us, "commits": len(commits)}
    with duckdb.connect(str(folder / DATABASE), config={"checkpoint_threshold": "64GB"}) as connection:
        for table, columns in _TABLES.items():
            again = _AGAIN.format(table=table, columns=", ".join(columns))
            ((rows,),) = connection.execute(f"SELECT count(*) FROM {table}").fetchall()
            for first in range(1, rounds, _ROUNDS):
                end = min(first + _ROUNDS, rounds)
                connection.execute(again, given | {"seed_rows": rows, "first_round": first, "end_round": end})
        connection.execute("CHECKPOINT")
    store = DuckDBStore(folder / DATABASE)
    store.roll_up()
    store.close()
    return rounds * seed
