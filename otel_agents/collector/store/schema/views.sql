-- What users see. Made anew at every start, so it may change without a new schema version.

-- What trace_ranges has of a trace's id as a number.
CREATE OR REPLACE MACRO trace_key(id) AS TRY_CAST('0x' || right(id, 16) AS UBIGINT);

-- The columns of `spans`, and then the stored ones that its attributes are put together from: a query that takes single
-- keys out of the attributes is rewritten to read those (query/rewrite.py). Users do not see it.
CREATE OR REPLACE VIEW spans_and_parts AS
SELECT
    trace_id,
    span_id,
    parent_span_id,
    name,
    kind,
    scope_name,
    service_name,
    type,
    start_time,
    end_time,
    duration_ms,
    status,
    status_message,
    error_type,
    agent,
    model,
    provider,
    tool,
    operation,
    session_id,
    user_id,
    tenant,
    input_tokens,
    output_tokens,
    cache_read_tokens,
    cache_write_tokens,
    reasoning_tokens,
    cost,
    cost_source,
    ttft_ms,
    CASE
        WHEN content IS NULL THEN attributes
        WHEN attributes = '{}' THEN content
        -- Both are objects without blanks around them: joining their text is a third of the cost of a JSON merge.
        ELSE (attributes[:-2] || ',' || content[2:])::JSON
    END AS attributes,
    resource,
    events,
    links,
    agent_attribute,
    span_data.attributes AS short_attributes,
    content
FROM span_data;

CREATE OR REPLACE VIEW spans AS
SELECT * EXCLUDE (agent_attribute, short_attributes, content) FROM spans_and_parts;

-- One row a trace. Tokens and cost are those of the model spans, so a dialect that repeats them on agents counts once; of
-- two model spans around one another, made by two instrumentations of one call, the inner one counts. Ids are compared by
-- their hash, which takes half the time.
CREATE OR REPLACE VIEW traces AS
SELECT
    trace_id,
    min(start_time) AS start_time,
    max(coalesce(end_time, start_time)) AS end_time,
    epoch_us(max(coalesce(end_time, start_time)) - min(start_time)) / 1000.0 AS duration_ms,
    coalesce(
        arg_min(name, start_time) FILTER (WHERE parent_span_id IS NULL),
        arg_min(name, start_time)
    ) AS root_name,
    coalesce(
        arg_min(service_name, start_time) FILTER (WHERE parent_span_id IS NULL),
        arg_min(service_name, start_time)
    ) AS service_name,
    coalesce(
        arg_min(agent, start_time) FILTER (WHERE parent_span_id IS NULL AND agent IS NOT NULL),
        arg_min(agent, start_time) FILTER (WHERE agent IS NOT NULL)
    ) AS agent,
    coalesce(list_sort(list(DISTINCT agent) FILTER (WHERE agent IS NOT NULL)), []) AS agents,
    count(*) AS spans,
    count(*) FILTER (WHERE status = 'error') AS errors,
    -- A failed tool the agent recovered from is counted in `errors`; the trace failed when its root did.
    CASE
        WHEN bool_or(status = 'error') FILTER (WHERE parent_span_id IS NULL) THEN 'error'
        WHEN bool_and(parent_span_id IS NOT NULL) AND bool_or(status = 'error') THEN 'error'
        ELSE 'ok'
    END AS status,
    count(*) FILTER (WHERE counts) AS model_calls,
    count(*) FILTER (WHERE type = 'tool') AS tool_calls,
    coalesce(sum(input_tokens) FILTER (WHERE counts), 0)::BIGINT AS input_tokens,
    coalesce(sum(output_tokens) FILTER (WHERE counts), 0)::BIGINT AS output_tokens,
    sum(cost) FILTER (WHERE counts) AS cost
FROM (
    SELECT
        *,
        type = 'model' AND hash(trace_id, span_id) NOT IN (
            SELECT hash(trace_id, parent_span_id)
            FROM span_data
            WHERE type = 'model' AND parent_span_id IS NOT NULL
                AND (input_tokens IS NOT NULL OR output_tokens IS NOT NULL)
        ) AS counts
    FROM span_data
)
GROUP BY trace_id;

-- One row a data point. An exponential histogram has its buckets as bounds and counts too, as an explicit one has.
CREATE OR REPLACE VIEW metrics AS
SELECT
    time,
    name,
    kind,
    value,
    unit,
    description,
    service_name,
    scope_name,
    start_time,
    temporality,
    monotonic,
    count,
    sum,
    min,
    max,
    CASE WHEN exponential IS NULL THEN bounds ELSE list_concat(
        list_transform(
            range(len(exponential.negative_counts)::BIGINT - 1, -1, -1),
            lambda i: -pow(2.0, (exponential.negative_offset + i) * pow(2.0, -exponential.scale))
        ),
        [exponential.zero_threshold],
        list_transform(
            range(len(exponential.positive_counts)),
            lambda i: pow(2.0, (exponential.positive_offset + i + 1) * pow(2.0, -exponential.scale))
        )
    ) END AS bounds,
    CASE WHEN exponential IS NULL THEN bucket_counts ELSE list_concat(
        list_reverse(exponential.negative_counts),
        [exponential.zero_count],
        exponential.positive_counts,
        [0::UBIGINT]
    ) END AS bucket_counts,
    quantiles,
    exemplars,
    attributes,
    resource,
    tenant
FROM point_data;

CREATE OR REPLACE VIEW logs AS
SELECT
    time,
    observed_time,
    severity,
    severity_number,
    severity_text,
    event_name,
    body,
    trace_id,
    span_id,
    service_name,
    scope_name,
    attributes,
    resource,
    tenant
FROM log_data;

CREATE OR REPLACE VIEW evaluations AS SELECT * FROM evaluation_data;
