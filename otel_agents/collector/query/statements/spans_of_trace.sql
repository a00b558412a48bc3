-- The spans of one trace, whole; `content` again by itself, as a summary needs it.
SELECT
    * EXCLUDE (agent_attribute, short_attributes, content),
    CASE WHEN strlen(content) <= 262144 THEN content END AS content
FROM spans_and_parts
WHERE start_time >= $began AND start_time <= $last AND trace_id = $id
ORDER BY start_time, coalesce(end_time, start_time) DESC, span_id
LIMIT $count
