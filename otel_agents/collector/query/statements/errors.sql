-- The same failure is one row, the newest first.
WITH failed AS (
    SELECT
        name, agent, type, error_type,
        left(coalesce(status_message, error_type, ''), 300) AS message,
        start_time, trace_id, span_id
    FROM spans
    WHERE status = 'error' AND start_time >= $start AND start_time < $end
)
SELECT
    max(start_time) AS time,
    arg_max(trace_id, start_time) AS trace_id,
    arg_max(span_id, start_time) AS span_id,
    name, agent, type, error_type, message,
    count(*) AS count
FROM failed
GROUP BY ALL
ORDER BY time DESC, count DESC, name
LIMIT 20
