-- Traces with spans in a stretch of time that have what was asked for; a NULL asks for nothing. Only for traces that
-- began in the stretch all spans are looked at. Reads the table, not the view, so that the parts of the attributes
-- need not be put together to be searched; a regular expression looks through a text at half the cost of ILIKE.
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
        regexp_matches(name, $text, 'i') OR regexp_matches(agent, $text, 'i') OR regexp_matches(tool, $text, 'i')
        OR regexp_matches(model, $text, 'i') OR regexp_matches(service_name, $text, 'i')
        OR regexp_matches(error_type, $text, 'i') OR regexp_matches(status_message, $text, 'i')
        OR regexp_matches(session_id, $text, 'i') OR regexp_matches(user_id, $text, 'i')
        OR regexp_matches(trace_id, $text, 'i') OR regexp_matches(span_id, $text, 'i')
        OR regexp_matches(attributes, $text_in_json, 'i') OR regexp_matches(attributes_0, $text_in_json, 'i')
        OR regexp_matches(attributes_1, $text_in_json, 'i') OR regexp_matches(content, $text_in_json, 'i')
    ))
