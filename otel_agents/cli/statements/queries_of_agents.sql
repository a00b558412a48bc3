-- In how many queries each agent worked.
SELECT agent, count(DISTINCT trace_id) AS queries
FROM spans
WHERE agent IS NOT NULL AND start_time >= $start AND start_time < $end
GROUP BY agent
ORDER BY queries DESC, agent
