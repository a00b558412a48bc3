-- Operations of an agent that are not directly inside a span of the same agent.
WITH inside AS MATERIALIZED (
    SELECT trace_id, parent_span_id
    FROM spans
    WHERE type = 'agent' AND parent_span_id IS NOT NULL AND start_time >= $start AND start_time < $end
),
around AS MATERIALIZED (
    SELECT hash(trace_id, span_id, agent) AS id
    FROM spans
    WHERE span_id IN (SELECT parent_span_id FROM inside)
        AND agent IS NOT NULL
        AND start_time >= $start - INTERVAL 1 HOUR AND start_time < $end  -- what is around may have begun before
)
SELECT
    agent,
    count(*) AS requests,
    count(*) FILTER (status = 'error') AS errors,
    avg(duration_ms) AS avg_ms,
    quantile_cont(duration_ms, 0.95) AS p95_ms
FROM spans
WHERE type = 'agent' AND agent IS NOT NULL AND start_time >= $start AND start_time < $end
    AND (parent_span_id IS NULL OR hash(trace_id, parent_span_id, agent) NOT IN (FROM around))
GROUP BY ALL
