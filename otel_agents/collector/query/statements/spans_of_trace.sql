-- The spans of one trace, whole; `content` again by itself, as a summary needs it. To sort rows as wide as these takes
-- half as long again as to find them, so they are in order only where there are more than are read.
SELECT
    * EXCLUDE (agent_attribute, short_attributes, content),
    CASE WHEN strlen(content) <= 262144 THEN content END AS content
FROM spans_and_parts
WHERE start_time >= $began AND start_time <= $last AND trace_id = $id /* in order */
LIMIT $count
