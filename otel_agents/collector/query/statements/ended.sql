-- What ended, in that order: what alerts are judged by.
WITH ended AS MATERIALIZED (
    SELECT *
    FROM spans
    WHERE end_time IS NOT NULL /* and */
        AND (type IN ('agent', 'model', 'tool') OR parent_span_id IS NULL OR status = 'error')
    ORDER BY end_time, span_id
    LIMIT 10000
),
-- An agent's operation directly inside one of the same agent is no request of its own.
around AS MATERIALIZED (
    SELECT hash(trace_id, span_id, agent) AS id
    FROM spans
    WHERE start_time BETWEEN $around AND $until AND type = 'agent' AND agent IS NOT NULL AND span_id IN (SELECT parent_span_id FROM ended WHERE type = 'agent')
),
-- Of model spans around one another, the inner one counts.
inside AS MATERIALIZED (
    SELECT hash(trace_id, parent_span_id) AS id
    FROM spans
    WHERE start_time BETWEEN $around AND $until AND type = 'model' AND parent_span_id IN (SELECT span_id FROM ended WHERE type = 'model')
        AND (input_tokens IS NOT NULL OR output_tokens IS NOT NULL)
)
SELECT
    name, type, epoch_us(start_time) AS start_us, epoch_us(end_time) AS end_us,
    status = 'error' AS failed, error_type, status_message AS error_message,
    agent, coalesce(tool, name) AS tool, model, tenant, ttft_ms,
    input_tokens, output_tokens, cache_read_tokens, reasoning_tokens, cost,
    trace_id, span_id, parent_span_id,
    type = 'agent' AND parent_span_id IS NOT NULL
        AND hash(trace_id, parent_span_id, agent) IN (FROM around) AS nested,
    type = 'model' AND hash(trace_id, span_id) IN (FROM inside) AS repeated
FROM ended
ORDER BY end_time, span_id
