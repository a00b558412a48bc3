-- The content of the first span of each trace that was told something, when it is not overly long.
SELECT trace_id, arg_min(content, start_time) AS content
FROM span_data
WHERE start_time >= $began AND start_time <= $last AND trace_id IN (SELECT unnest($ids::VARCHAR[]))
    AND content IS NOT NULL AND strlen(content) <= 262144
    AND (contains(content, '"gen_ai.input.messages":') OR contains(content, '"input.value":')
        OR contains(content, '"gen_ai.prompt') OR contains(content, '"ai.prompt')
        OR contains(content, 'all_messages') OR contains(content, '"traceloop.entity.input":'))
GROUP BY trace_id
