-- The spans of some traces, with what a summary needs: the beginning of that statement.
WITH page AS MATERIALIZED (
SELECT
    trace_id, span_id, parent_span_id, name, service_name, type, start_time, end_time, status, status_message,
    error_type, agent, session_id, user_id, input_tokens, output_tokens, cost,
    -- What a user said to it, when that is not overly long.
    CASE
        WHEN strlen(content) <= 262144
            AND (contains(content, '"gen_ai.input.messages":') OR contains(content, '"input.value":')
                OR contains(content, '"gen_ai.prompt') OR contains(content, '"ai.prompt')
                OR contains(content, 'all_messages') OR contains(content, '"traceloop.entity.input":'))
            THEN content
    END AS told
FROM spans_and_parts
WHERE start_time >= $began AND start_time <= $last AND trace_id IN (SELECT unnest($ids::VARCHAR[]))
)
