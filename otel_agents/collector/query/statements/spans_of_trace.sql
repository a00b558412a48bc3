-- The spans of one trace, their attributes in parts, which take less to join than to plan how. To sort rows as wide as
-- these takes half as long again as to find them, so they are in order only where there are more than are read.
SELECT * EXCLUDE (agent_attribute, attributes)
FROM spans_and_parts
WHERE start_time >= $began AND start_time <= $last AND trace_id = $id /* in order */
LIMIT $count
