-- One row a trace, for the traces of `page`, which is the beginning of this statement: what summaries.py does for few
-- spans. Its `content` is of the first span that was told something.
,
-- When two instrumentations wrap one call, the model span inside is the one that counts.
inside AS (
    SELECT DISTINCT trace_id, parent_span_id AS span_id
    FROM page
    WHERE type = 'model' AND (input_tokens IS NOT NULL OR output_tokens IS NOT NULL)
),
calls AS (
    SELECT
        trace_id,
        count(*) AS model_calls,
        coalesce(sum(input_tokens), 0)::BIGINT AS input_tokens,
        coalesce(sum(output_tokens), 0)::BIGINT AS output_tokens,
        sum(cost) AS cost
    FROM page ANTI JOIN inside USING (trace_id, span_id)
    WHERE type = 'model'
    GROUP BY trace_id
),
agents AS (
    SELECT trace_id, list(agent ORDER BY began, agent) AS agents
    FROM (SELECT trace_id, agent, min(start_time) AS began FROM page WHERE agent IS NOT NULL GROUP BY ALL)
    GROUP BY trace_id
),
states AS (
    SELECT trace_id, CASE WHEN bool_or(state = 'open') THEN 'running' ELSE 'abandoned' END AS state
    FROM open_data
    WHERE trace_id IN (SELECT trace_id FROM page)
    GROUP BY trace_id
),
traces AS (
    SELECT
        trace_id,
        coalesce(arg_min(name, start_time) FILTER (WHERE parent_span_id IS NULL), arg_min(name, start_time)) AS name,
        coalesce(
            arg_min(service_name, start_time) FILTER (WHERE parent_span_id IS NULL),
            arg_min(service_name, start_time)
        ) AS service_name,
        min(start_time) AS start_time,
        epoch_us(max(coalesce(end_time, start_time)) - min(start_time)) / 1000 AS duration_ms,
        -- As in the view `traces`.
        CASE
            WHEN bool_or(status = 'error') FILTER (WHERE parent_span_id IS NULL) THEN 'error'
            WHEN bool_and(parent_span_id IS NOT NULL) AND bool_or(status = 'error') THEN 'error'
            ELSE 'ok'
        END AS status,
        -- The first to fail is the cause; what is around it fails later.
        arg_min(coalesce(status_message, error_type, 'error'), coalesce(end_time, start_time))
            FILTER (WHERE status = 'error') AS error,
        count(*) AS spans,
        count(*) FILTER (WHERE status = 'error') AS errors,
        count(*) FILTER (WHERE type = 'tool') AS tool_calls,
        arg_min(session_id, start_time) FILTER (WHERE session_id IS NOT NULL) AS session_id,
        arg_min(user_id, start_time) FILTER (WHERE user_id IS NOT NULL) AS user_id,
        arg_min(content, start_time)
            FILTER (WHERE list_bool_or(list_transform($marks::VARCHAR[], lambda mark: contains(content, mark)))) AS content
    FROM page
    GROUP BY trace_id
)
SELECT
    trace_id, name, service_name, coalesce(agents, []) AS agents, start_time, duration_ms, status, state, error, spans, errors,
    coalesce(model_calls, 0) AS model_calls, tool_calls, coalesce(input_tokens, 0) AS input_tokens,
    coalesce(output_tokens, 0) AS output_tokens, cost, session_id, user_id, content
FROM traces
    LEFT JOIN calls USING (trace_id)
    LEFT JOIN agents USING (trace_id)
    LEFT JOIN states USING (trace_id)
ORDER BY start_time DESC, trace_id DESC
