-- Traces that began in the window, by time and (bucket NULL) in all.
WITH seen AS MATERIALIZED (
    SELECT
        trace_id,
        min(start_time) AS began,
        max(coalesce(end_time, start_time)) AS ended,
        bool_or(parent_span_id IS NULL) AS has_root
    FROM spans
    WHERE start_time >= $start AND start_time < $end
    GROUP BY trace_id
),
-- Without its root in the window a trace may have begun before it.
earlier AS MATERIALIZED (
    SELECT trace_id
    FROM trace_ranges
    WHERE first < $start AND trace_id IN (SELECT trace_id FROM seen WHERE NOT has_root)
)
SELECT
    epoch_us(began) // ($bucket * 1000000) AS bucket,
    count(*) AS traces,
    quantile_cont(epoch_us(ended - began) / 1000, 0.5) AS p50_ms,
    quantile_cont(epoch_us(ended - began) / 1000, 0.95) AS p95_ms
FROM seen
WHERE has_root OR trace_id NOT IN (FROM earlier)
GROUP BY GROUPING SETS ((), (bucket))
