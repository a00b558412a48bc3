-- The complexity of queries, from 0 to 1: what an agent was chosen by, or the attribute `complexity_score`.
SELECT count(*) AS scored, avg(score) AS average, count(*) FILTER (score > $high) AS high
FROM (
    SELECT max(coalesce(
        TRY_CAST(attributes->>'complexity_score' AS DOUBLE),
        TRY_CAST(attributes->>'otel_agents.route.score' AS DOUBLE)
    )) AS score
    FROM spans
    WHERE start_time >= $start AND start_time < $end
    GROUP BY trace_id
)
WHERE score IS NOT NULL
