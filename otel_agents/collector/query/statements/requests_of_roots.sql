-- Where no agent ran, every operation with nothing around it is a request.
SELECT count(*) AS requests, count(*) FILTER (status = 'error') AS errors, avg(duration_ms) AS avg_ms
FROM spans
WHERE parent_span_id IS NULL AND start_time >= $start AND start_time < $end
