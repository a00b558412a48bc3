SELECT
    epoch_us(start_time) // ($bucket * 1000000) AS bucket,
    count(*) AS spans,
    count(*) FILTER (status = 'error') AS errors,
    count(*) FILTER (status = 'error' AND start_time >= $end - INTERVAL 5 MINUTE) AS recent_errors
FROM spans
WHERE start_time >= $start AND start_time < $end
GROUP BY ALL
