-- How busy each hour was.
SELECT
    strftime(date_trunc('hour', start_time), '%Y-%m-%d %H:00') AS hour,
    count(DISTINCT trace_id) AS queries,
    count(*) AS spans,
    count(*) FILTER (status = 'error') AS errors
FROM spans
WHERE start_time >= $start AND start_time < $end
GROUP BY 1
ORDER BY 1
