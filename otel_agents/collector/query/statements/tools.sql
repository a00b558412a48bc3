SELECT
    coalesce(tool, name) AS tool,
    count(*) AS calls,
    count(*) FILTER (status = 'error') AS errors,
    avg(duration_ms) AS avg_ms,
    quantile_cont(duration_ms, 0.95) AS p95_ms
FROM spans
WHERE type = 'tool' AND start_time >= $start AND start_time < $end
GROUP BY ALL
ORDER BY calls DESC, tool
