"""The SQL of the roll-ups: what whole traces add to them, and how that comes to slices of every length."""

from __future__ import annotations

from math import log
from typing import Final

from otel_agents.health import sketch

SLICE_S: Final = 15  # the shortest; a window of the overview begins and ends with one
LEVELS: Final = (SLICE_S, 60, 600, 3600)  # each is a part of the next

# What is read of a span; each with its sign `v`: 1 adds it, -1 takes it away.
READ: Final = (
    "trace_id, span_id, parent_span_id, name, type, start_time, end_time, duration_ms, status, status_message,"
    " error_type, agent, model, provider, tool, tenant, input_tokens, output_tokens, cache_read_tokens,"
    " reasoning_tokens, cost, ttft_ms"
)
_TOKENS: Final = ("input_tokens", "output_tokens", "cache_read_tokens", "reasoning_tokens")


def _slice(time: str, seconds: str) -> str:
    us = f"({seconds} * 1000000::BIGINT)"
    return f"make_timestamp(epoch_us({time}) // {us} * {us})"


def _whole(value: str) -> str:
    """A whole number so small that sums are exact, whatever a program sends; it is NULL or a DOUBLE."""
    return f"CASE WHEN {value} > 1e15 THEN 1e15 WHEN {value} < -1e15 THEN -1e15 ELSE round({value}) END"


def _sum(value: str) -> str:
    return f"sum(v * {value})"


def _number(condition: str) -> str:
    return f"sum(CASE WHEN {condition} THEN v ELSE 0 END)"


_SUMS: Final = {
    "number": "sum(v)",
    "failed": _number("failed"),
    "timed": _number("us IS NOT NULL"),
    "us": _sum("us"),
    "ttft_timed": _number("ttft_us IS NOT NULL"),
    "ttft_us": _sum("ttft_us"),
    **{name: _sum(name) for name in _TOKENS},
    "priced": _number("picodollars IS NOT NULL"),
    "picodollars": _sum("picodollars"),
    "unpriced": _number("unpriced"),
}

_NOTHING: Final = " AND ".join(f"coalesce({name}, 0) = 0" for name in _SUMS)

_BUCKETS_PER_E: Final = 1 / log((1 + sketch.ACCURACY) / (1 - sketch.ACCURACY))
_OFFSET: Final = 1 - log(sketch.SHORTEST) * _BUCKETS_PER_E
# The number of the bucket, as sketch.bucket gives it.
_BUCKET: Final = (
    f"CASE WHEN us < {sketch.SHORTEST * 1e6} THEN 0"
    f" ELSE floor(ln(least(us / 1e6, {sketch.LONGEST})) * {_BUCKETS_PER_E!r} + {_OFFSET!r}) END::SMALLINT"
)

# All spans of a trace are in `touched`, so what counts, and whose request an agent's is, is known from there. Ids are
# compared by their hash, which takes half the time.
_CHANGES: Final = f"""
WITH
touched AS MATERIALIZED (
    SELECT *, hash(v, trace_id, span_id) AS id, hash(v, trace_id, parent_span_id) AS parent
    FROM ({{touched}})
),
-- Of model spans around one another the innermost that tells its tokens counts.
answered AS (
    SELECT parent
    FROM touched
    WHERE type = 'model' AND parent_span_id IS NOT NULL AND (input_tokens IS NOT NULL OR output_tokens IS NOT NULL)
),
around AS (
    SELECT hash(id, agent)
    FROM touched
    WHERE agent IS NOT NULL
        AND id IN (SELECT parent FROM touched WHERE type = 'agent' AND parent_span_id IS NOT NULL)
),
known AS (
    SELECT
        *,
        CASE
            WHEN type = 'model' AND id NOT IN (FROM answered) THEN 'call'
            WHEN type = 'tool' THEN 'tool'
            WHEN type = 'agent' AND agent IS NOT NULL
                AND (parent_span_id IS NULL OR hash(parent, agent) NOT IN (FROM around)) THEN 'request'
            ELSE 'other'
        END AS kind
    FROM touched
),
wholes AS (
    SELECT
        v,
        trace_id,
        min(start_time) AS began,
        max(coalesce(end_time, start_time)) AS ended,
        CASE WHEN count(*) = count(tenant) AND min(tenant) = max(tenant) THEN min(tenant) END AS tenant,
        count(tenant) > 0 AND NOT (count(*) = count(tenant) AND min(tenant) = max(tenant)) AS mixed
    FROM touched
    GROUP BY v, trace_id
),
counted AS MATERIALIZED (
    SELECT
        v,
        {_slice("start_time", "{slice}")} AS slice,
        tenant,
        kind,
        parent_span_id IS NULL AS root,
        agent,
        CASE kind WHEN 'call' THEN coalesce(model, 'unknown') WHEN 'tool' THEN coalesce(tool, name)
            WHEN 'request' THEN agent END AS name,
        CASE kind WHEN 'call' THEN provider END AS provider,
        status = 'error' AS failed,
        {_whole("duration_ms * 1000")} AS us,
        CASE kind WHEN 'call' THEN {_whole("ttft_ms * 1000")} END AS ttft_us,
        {", ".join(f"CASE kind WHEN 'call' THEN {_whole(name + '::DOUBLE')} END AS {name}" for name in _TOKENS)},
        CASE kind WHEN 'call' THEN {_whole("cost * 1e12")} END AS picodollars,
        -- A call that failed before it used anything has no price to miss.
        kind = 'call' AND cost IS NULL
            AND NOT (status = 'error' AND coalesce(input_tokens, 0) = 0 AND coalesce(output_tokens, 0) = 0) AS unpriced
    FROM known
    UNION ALL BY NAME
    SELECT v, {_slice("began", "{slice}")} AS slice, tenant, 'trace' AS kind, epoch_us(ended - began)::DOUBLE AS us
    FROM wholes
    UNION ALL BY NAME
    SELECT
        v,
        {_slice("min(start_time)", "{slice}")} AS slice,
        tenant,
        'part' AS kind,
        epoch_us(max(coalesce(end_time, start_time)) - min(start_time))::DOUBLE AS us
    FROM touched SEMI JOIN (FROM wholes WHERE mixed) USING (v, trace_id)
    WHERE tenant IS NOT NULL
    GROUP BY v, trace_id, tenant
),
changes AS (
    SELECT
        'sum' AS what, slice, tenant, kind, root, agent, name, provider,
        {", ".join(f"{value} AS {name}" for name, value in _SUMS.items())}
    FROM counted
    GROUP BY ALL
    UNION ALL BY NAME
    SELECT 'time' AS what, slice, tenant, kind, name, provider, {_BUCKET} AS bucket, sum(v) AS number
    FROM counted
    WHERE us IS NOT NULL AND kind <> 'other'
    GROUP BY ALL
    UNION ALL BY NAME
    SELECT
        'failure' AS what, {_slice("start_time", "{slice}")} AS slice, tenant, agent, name, type, error_type,
        left(coalesce(status_message, error_type, ''), 300) AS message,
        sum(v) AS number,
        max({{{{'time': start_time, 'trace_id': trace_id, 'span_id': span_id}}}}) FILTER (WHERE v > 0) AS latest
    FROM touched
    WHERE status = 'error'
    GROUP BY ALL
)
SELECT 0 AS level, * FROM changes
WHERE NOT ({_NOTHING})
"""  # noqa: S608 - all SQL here is written here


def changes(touched: str, slice_s: int = SLICE_S) -> str:
    """Write a query for rows of ``rollups`` of level 0: what traces change, in slices of some length.

    Args:
        touched: a query for ``v`` and ``READ`` of all spans of the traces, before with -1 and after with 1.
        slice_s: seconds.
    """
    return _CHANGES.format(touched=touched, slice=slice_s)


def add(touched: str) -> tuple[str, ...]:
    """Write the statements that add to level 0 what ``changes`` finds; the parameters are those of the first."""
    times = "level, slice, tenant, kind, name, provider, bucket, number"
    return (
        f"CREATE OR REPLACE TEMP TABLE changed AS {changes(touched)}",
        "INSERT INTO rollups BY NAME SELECT * EXCLUDE bucket FROM changed WHERE what <> 'time'",
        f"INSERT INTO rollup_times BY NAME SELECT {times} FROM changed WHERE what = 'time'",  # noqa: S608 - as all here
    )


def _raise(table: str, keys: tuple[str, ...], sums: tuple[str, ...], *, latest: bool) -> tuple[str, ...]:
    """Write what brings the rows of level 0 to the other levels, where those of the same keys are added up."""
    summed = [f"sum({name}) AS {name}" for name in sums]
    # NULL is a sum of nothing.
    added = [f"{name} = coalesce(old.{name} + new.{name}, old.{name}, new.{name})" for name in sums]
    if latest:
        summed.append("max(latest) AS latest")
        added.append("latest = greatest(old.latest, new.latest)")
    nothing = " AND ".join(f"coalesce({name}, 0) = 0" for name in sums)
    same = " AND ".join(f"old.{key} IS NOT DISTINCT FROM new.{key}" for key in keys)
    slice_ = _slice("slice", "levels.level")
    levels = ", ".join(f"({level})" for level in LEVELS)
    raised = f"""
        CREATE OR REPLACE TEMP TABLE raised AS
        SELECT levels.level::USMALLINT AS level, {slice_} AS slice, {", ".join((*keys, *summed))}
        FROM {table} JOIN (VALUES {levels}) AS levels(level) ON true
        WHERE {table}.level = 0
        GROUP BY ALL
    """  # noqa: S608
    merged = f"""
        MERGE INTO {table} AS old USING raised AS new
        ON old.level = new.level AND old.slice = new.slice AND {same}
        WHEN MATCHED THEN UPDATE SET {", ".join(added)}
        WHEN NOT MATCHED THEN INSERT BY NAME
    """
    return (
        raised,
        f"DELETE FROM {table} WHERE level = 0",  # noqa: S608
        merged,
        f"DELETE FROM {table} WHERE slice IN (SELECT slice FROM raised) AND {nothing}",  # noqa: S608
    )


# Brings what level 0 has to the other levels.
RAISE: Final = (
    *_raise(
        "rollups",
        ("what", "tenant", "kind", "root", "agent", "name", "provider", "type", "error_type", "message"),
        tuple(_SUMS),
        latest=True,
    ),
    *_raise("rollup_times", ("tenant", "kind", "name", "provider", "bucket"), ("number",), latest=False),
)
