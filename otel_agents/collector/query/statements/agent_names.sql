-- Agents of spans from some time on: from the roll-ups, and from the spans of commits that those have still to take in.
-- A tenant's connection does not see up to which commit they go, and looks at all its spans.
SELECT agent
FROM (
    SELECT agent, number
    FROM rollups
    WHERE what = 'sum' AND level IN (0, 15) AND agent IS NOT NULL AND slice >= $since
    UNION ALL
    SELECT agent, 1
    FROM span_data
    WHERE agent IS NOT NULL AND start_time >= $since AND batch > coalesce((SELECT batch FROM rollup_state), 0)
)
GROUP BY agent
HAVING sum(number) > 0
ORDER BY agent
