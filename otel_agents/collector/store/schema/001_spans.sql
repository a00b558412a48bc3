-- Spans, in the order they arrive. Private: what users and the API read are the views of views.sql.
--
-- There is no index. Look-ups by time use the zone maps that arrival order keeps narrow; a look-up by trace id first asks
-- trace_ranges for the trace's times, then scans only that range.
CREATE TABLE span_data (
    trace_id VARCHAR NOT NULL,
    span_id VARCHAR NOT NULL,
    parent_span_id VARCHAR,
    name VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    scope_name VARCHAR,
    service_name VARCHAR,
    type VARCHAR NOT NULL,
    start_time TIMESTAMP NOT NULL,
    end_time TIMESTAMP,
    duration_ms DOUBLE,
    status VARCHAR NOT NULL,
    status_message VARCHAR,
    error_type VARCHAR,
    agent VARCHAR,
    model VARCHAR,
    provider VARCHAR,
    tool VARCHAR,
    operation VARCHAR,
    session_id VARCHAR,
    user_id VARCHAR,
    tenant VARCHAR,
    input_tokens BIGINT,
    output_tokens BIGINT,
    cache_read_tokens BIGINT,
    cache_write_tokens BIGINT,
    reasoning_tokens BIGINT,
    cost DOUBLE,
    cost_source VARCHAR,
    ttft_ms DOUBLE,
    -- Exactly attributes->>'agent', so that a query of that key need not parse JSON. `agent` above is whatever names
    -- the agent in the dialect the span was written in, and may be set where this is NULL.
    agent_attribute VARCHAR,
    -- An object of all attributes but those in `content`; never NULL, '{}' when there are none.
    attributes JSON NOT NULL USING COMPRESSION zstd,
    -- An object of the long attributes (messages, tool arguments and results); NULL when the span has none.
    content JSON USING COMPRESSION zstd,
    resource JSON NOT NULL,
    events JSON USING COMPRESSION zstd, -- NULL when there are none
    links JSON -- NULL when there are none
);

-- The times between which the spans of a trace start, one row for each commit that brought spans of it.
CREATE TABLE trace_ranges (
    trace_id VARCHAR NOT NULL,
    first TIMESTAMP NOT NULL,
    last TIMESTAMP NOT NULL
);
