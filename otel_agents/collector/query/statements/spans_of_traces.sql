-- Of the spans of some traces what a summary needs. A span that was told overly much counts as told nothing.
SELECT
    trace_id, span_id, parent_span_id, name, service_name, type, start_time, end_time, status, status_message,
    error_type, agent, session_id, user_id, input_tokens, output_tokens, cost,
    CASE WHEN strlen(content) <= $most_told THEN content END AS content
FROM span_data
WHERE start_time >= $began AND start_time <= $last AND trace_id IN (SELECT unnest($ids::VARCHAR[]))
LIMIT $count
