-- The same failure is one row, the newest first.
SELECT
    latest.time AS time, latest.trace_id AS trace_id, latest.span_id AS span_id, * EXCLUDE latest
FROM (
    SELECT max(latest) AS latest, name, agent, type, error_type, message, sum(number)::BIGINT AS count
    FROM rolled
    GROUP BY ALL
    HAVING sum(number) > 0
)
ORDER BY latest.time DESC, count DESC, name
LIMIT 20
