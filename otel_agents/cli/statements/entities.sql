-- In how many queries each entity was found: the attribute `entities`, a list of texts.
SELECT entity, count(DISTINCT trace_id) AS queries
FROM (
    SELECT trace_id, unnest(from_json(said, '["VARCHAR"]')) AS entity
    FROM (
        SELECT trace_id, coalesce(attributes->'entities', attributes->'entities_detected') AS said
        FROM spans
        WHERE start_time >= $start AND start_time < $end
    )
    WHERE json_type(said) = 'ARRAY'
)
WHERE entity IS NOT NULL
GROUP BY entity
ORDER BY queries DESC, entity
LIMIT 20
