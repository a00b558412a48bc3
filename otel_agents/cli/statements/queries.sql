-- A query is a trace; it failed when its root did, as in the view `traces`.
WITH queries AS (
    SELECT
        epoch_us(max(coalesce(end_time, start_time)) - min(start_time)) / 1000 AS duration_ms,
        coalesce(
            bool_or(status = 'error') FILTER (WHERE parent_span_id IS NULL),
            bool_or(status = 'error')
        ) AS failed
    FROM spans
    WHERE start_time >= $start AND start_time < $end
    GROUP BY trace_id
)
SELECT
    count(*) AS total,
    count(*) FILTER (failed) AS failed,
    avg(duration_ms) AS average_ms,
    min(duration_ms) AS min_ms,
    max(duration_ms) AS max_ms,
    quantile_cont(duration_ms, 0.5) AS p50_ms,
    quantile_cont(duration_ms, 0.95) AS p95_ms,
    count(*) FILTER (duration_ms > $slow) AS slow,
    count(*) FILTER (duration_ms > $very_slow) AS very_slow
FROM queries
