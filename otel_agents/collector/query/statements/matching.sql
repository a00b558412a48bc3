-- Traces with spans in a stretch of time that have what was asked for; a NULL asks for nothing. Only for traces that
-- began in the stretch all spans are looked at. Reads the table, not the view, so that the two halves of the attributes
-- need not be put together to be searched.
SELECT trace_id
FROM span_data
WHERE start_time >= $low
    AND start_time <= (
        SELECT max(last) FROM trace_ranges
        WHERE trace_id IN (SELECT trace_id FROM trace_ranges WHERE first >= $low AND first <= $high)
    )
GROUP BY trace_id
HAVING ($agent IS NULL OR bool_or(agent = $agent))
    AND ($status IS NULL OR $status = CASE
        WHEN trace_id IN (SELECT trace_id FROM open_data WHERE state = 'open') THEN 'running'
        WHEN bool_or(status = 'error') FILTER (WHERE parent_span_id IS NULL) THEN 'error'
        WHEN bool_and(parent_span_id IS NOT NULL) AND bool_or(status = 'error') THEN 'error'
        ELSE 'ok'
    END)
    AND ($text IS NULL OR bool_or(
        name ILIKE $text ESCAPE '\' OR agent ILIKE $text ESCAPE '\' OR tool ILIKE $text ESCAPE '\'
        OR model ILIKE $text ESCAPE '\' OR service_name ILIKE $text ESCAPE '\' OR error_type ILIKE $text ESCAPE '\'
        OR status_message ILIKE $text ESCAPE '\' OR session_id ILIKE $text ESCAPE '\'
        OR user_id ILIKE $text ESCAPE '\' OR trace_id ILIKE $text ESCAPE '\' OR span_id ILIKE $text ESCAPE '\'
        OR attributes ILIKE $text_in_json ESCAPE '\' OR content ILIKE $text_in_json ESCAPE '\'
        OR content ILIKE $text_in_message ESCAPE '\'
    ))
