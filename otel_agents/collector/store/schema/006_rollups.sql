-- Which commit brought a row: constant over many rows, so it takes no room.
ALTER TABLE span_data ADD COLUMN batch UINTEGER DEFAULT 0;
ALTER TABLE trace_ranges ADD COLUMN batch UINTEGER DEFAULT 0;
-- Half of the id as a number: looking for one of these is ten times as fast as looking for a text.
ALTER TABLE trace_ranges ADD COLUMN key UBIGINT;
UPDATE trace_ranges SET key = TRY_CAST('0x' || right(trace_id, 16) AS UBIGINT);

-- Figures of the overview, kept up to date beside the spans: sums over slices of time, which are added and taken away.
--
-- `level` is how long a slice is, in seconds. Level 0 has what was added since the others were last brought up to date, in
-- slices of the shortest level: what a slice holds is the sum of its own level and of that.
-- `kind` says what is counted: each span as one of call (a model call that counts), tool, request (an agent's, that is not
-- inside one of the same agent) or other; each trace as `trace`, where it begins. Of a trace whose spans are not all of one
-- tenant, `trace` has none, and `part` is what of it each tenant sees.
-- `what` says which columns there are: `sum` has sums, `failure` the spans that failed in the same way.
CREATE TABLE rollups (
    level USMALLINT NOT NULL,
    slice TIMESTAMP NOT NULL,
    what VARCHAR NOT NULL,
    tenant VARCHAR,
    kind VARCHAR,
    root BOOLEAN, -- nothing is around it
    agent VARCHAR, -- of calls and failures
    name VARCHAR, -- the model, tool or agent; of failures the span's
    provider VARCHAR, -- of calls
    type VARCHAR,
    error_type VARCHAR,
    message VARCHAR,
    latest STRUCT(time TIMESTAMP, trace_id VARCHAR, span_id VARCHAR),
    number BIGINT NOT NULL,
    failed BIGINT,
    timed BIGINT, -- those that have ended
    us DOUBLE, -- what they took; as all below a whole number: sums of those are exact, and never overflow
    ttft_timed BIGINT,
    ttft_us DOUBLE,
    input_tokens DOUBLE,
    output_tokens DOUBLE,
    cache_read_tokens DOUBLE,
    reasoning_tokens DOUBLE,
    priced BIGINT,
    picodollars DOUBLE,
    unpriced BIGINT
);

-- How long they took: how many fell into each bucket of health/sketch.py. There are many, and so they stand apart.
CREATE TABLE rollup_times (
    level USMALLINT NOT NULL,
    slice TIMESTAMP NOT NULL,
    tenant VARCHAR,
    kind VARCHAR NOT NULL,
    name VARCHAR,
    provider VARCHAR,
    bucket SMALLINT NOT NULL,
    number BIGINT NOT NULL
);

-- What is in them: commits up to `batch`, of traces that began from `since` on. Those that began before were stored by a
-- version without roll-ups, and are still to come.
CREATE TABLE rollup_state (batch UINTEGER NOT NULL, since TIMESTAMP NOT NULL);
INSERT INTO rollup_state
SELECT 0, CASE WHEN count(*) = 0 THEN TIMESTAMP '1970-01-01' ELSE TIMESTAMP '9999-12-31' END FROM trace_ranges;

-- Spans that are no longer stored, as another took their place, and are still in the roll-ups.
CREATE TABLE rollup_gone AS
SELECT
    batch, trace_id, span_id, parent_span_id, name, type, start_time, end_time, duration_ms, status, status_message,
    error_type, agent, model, provider, tool, tenant, input_tokens, output_tokens, cache_read_tokens, reasoning_tokens,
    cost, ttft_ms
FROM span_data
LIMIT 0;
