-- Data points of metrics, log records and evaluations, in the order they arrive. Private, as span_data is.

-- One row a data point; what its kind of metric does not have is NULL.
CREATE TABLE point_data (
    name VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    unit VARCHAR,
    description VARCHAR,
    metadata JSON,
    service_name VARCHAR,
    scope_name VARCHAR,
    scope JSON, -- version and attributes; NULL when it has none
    start_time TIMESTAMP,
    time TIMESTAMP NOT NULL,
    start_nanos USMALLINT NOT NULL, -- what a TIMESTAMP has no room for: nanoseconds beyond its microseconds
    time_nanos USMALLINT NOT NULL,
    temporality VARCHAR,
    monotonic BOOLEAN,
    value DOUBLE,
    integer_value BIGINT, -- the value, when it was sent as an integer
    count UBIGINT,
    sum DOUBLE,
    min DOUBLE,
    max DOUBLE,
    bounds DOUBLE[],
    bucket_counts UBIGINT[],
    exponential STRUCT(
        scale INTEGER,
        zero_count UBIGINT,
        zero_threshold DOUBLE,
        positive_offset INTEGER,
        positive_counts UBIGINT[],
        negative_offset INTEGER,
        negative_counts UBIGINT[]
    ),
    quantiles STRUCT(quantile DOUBLE, value DOUBLE)[],
    exemplars JSON USING COMPRESSION zstd,
    flags UINTEGER NOT NULL,
    attributes JSON NOT NULL USING COMPRESSION zstd,
    resource JSON NOT NULL,
    identity UBIGINT NOT NULL -- a hash of what makes it this point: one sent again has the same
);

CREATE TABLE log_data (
    time TIMESTAMP NOT NULL, -- when it was observed, where that is all that was told
    observed_time TIMESTAMP NOT NULL,
    time_nanos USMALLINT NOT NULL,
    observed_nanos USMALLINT NOT NULL,
    has_time BOOLEAN NOT NULL,
    severity VARCHAR,
    severity_number INTEGER,
    severity_text VARCHAR,
    event_name VARCHAR,
    body VARCHAR USING COMPRESSION zstd, -- a text as it is, anything else as JSON
    body_kind VARCHAR, -- text, flag, integer, number, json; NULL without a body
    trace_id VARCHAR,
    span_id VARCHAR,
    flags UINTEGER NOT NULL,
    dropped_attributes UINTEGER NOT NULL,
    service_name VARCHAR,
    scope_name VARCHAR,
    scope JSON,
    attributes JSON NOT NULL USING COMPRESSION zstd,
    resource JSON NOT NULL,
    identity UBIGINT NOT NULL
);

-- What was said of a span's work: gen_ai.evaluation.result, as a log record or as an event on the span itself.
CREATE TABLE evaluation_data (
    time TIMESTAMP NOT NULL,
    trace_id VARCHAR,
    span_id VARCHAR,
    response_id VARCHAR, -- of the answer that was judged, where the span is not known
    name VARCHAR,
    score DOUBLE,
    label VARCHAR,
    explanation VARCHAR USING COMPRESSION zstd,
    service_name VARCHAR,
    attributes JSON NOT NULL USING COMPRESSION zstd
);

INSERT INTO evaluation_data
SELECT
    event.time::TIMESTAMP,
    trace_id,
    span_id,
    event.attributes ->> 'gen_ai.response.id',
    event.attributes ->> 'gen_ai.evaluation.name',
    TRY_CAST(event.attributes ->> 'gen_ai.evaluation.score.value' AS DOUBLE),
    event.attributes ->> 'gen_ai.evaluation.score.label',
    event.attributes ->> 'gen_ai.evaluation.explanation',
    service_name,
    event.attributes
FROM (
    SELECT
        trace_id,
        span_id,
        service_name,
        unnest(from_json(events, '[{"name":"VARCHAR","time":"VARCHAR","attributes":"JSON"}]')) AS event
    FROM span_data
    WHERE contains(events, '"gen_ai.evaluation.result"')
)
WHERE event.name = 'gen_ai.evaluation.result';

-- The number of the last batch of the journal that is stored, written with it: one row.
CREATE TABLE journal (number UBIGINT NOT NULL);
INSERT INTO journal VALUES (0);
