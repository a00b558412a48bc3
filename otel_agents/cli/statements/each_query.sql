-- A row a query, in the order they began, those after the last one had.
WITH inside AS (
    SELECT DISTINCT trace_id, parent_span_id AS span_id
    FROM spans
    WHERE type = 'model' AND (input_tokens IS NOT NULL OR output_tokens IS NOT NULL)
        AND start_time >= $start AND start_time < $end
),
calls AS (
    SELECT
        trace_id,
        count(*) AS model_calls,
        sum(input_tokens)::BIGINT AS input_tokens,
        sum(output_tokens)::BIGINT AS output_tokens,
        sum(cost) AS cost
    FROM spans ANTI JOIN inside USING (trace_id, span_id)
    WHERE type = 'model' AND start_time >= $start AND start_time < $end
    GROUP BY trace_id
),
queries AS (
    SELECT
        trace_id,
        min(start_time) AS began,
        coalesce(arg_min(agent, start_time) FILTER (WHERE parent_span_id IS NULL), arg_min(agent, start_time)) AS agent,
        epoch_us(max(coalesce(end_time, start_time)) - min(start_time)) / 1000 AS duration_ms,
        NOT coalesce(
            bool_or(status = 'error') FILTER (WHERE parent_span_id IS NULL), bool_or(status = 'error')
        ) AS success,
        any_value(coalesce(attributes->'entities', attributes->'entities_detected')) AS entities,
        count(*) FILTER (type = 'tool') + coalesce(sum(TRY_CAST(attributes->>'tool_calls' AS BIGINT)), 0) AS tool_calls,
        coalesce(sum(TRY_CAST(attributes->>'graphql_queries' AS BIGINT)), 0) AS graphql_queries
    FROM spans
    WHERE start_time >= $start AND start_time < $end
    GROUP BY trace_id
)
SELECT
    strftime(began, '%Y-%m-%dT%H:%M:%S.%fZ') AS timestamp,
    trace_id AS query_id,
    agent AS agent_type,
    duration_ms,
    success,
    array_to_string(from_json(CASE json_type(entities) WHEN 'ARRAY' THEN entities END, '["VARCHAR"]'), ',')
        AS entities_detected,
    tool_calls::BIGINT AS tool_calls,
    graphql_queries::BIGINT AS graphql_queries,
    coalesce(model_calls, 0) AS model_calls,
    coalesce(input_tokens, 0) AS input_tokens,
    coalesce(output_tokens, 0) AS output_tokens,
    cost
FROM queries LEFT JOIN calls USING (trace_id)
WHERE strftime(began, '%Y-%m-%dT%H:%M:%S.%fZ') || trace_id > $after
ORDER BY timestamp, query_id
LIMIT 10000
