-- The traces with spans that have no end: those that run, by their program's word, and the others.
SELECT trace_id, CASE WHEN bool_or(state = 'open') THEN 'running' ELSE 'abandoned' END AS state
FROM open_data
GROUP BY trace_id
