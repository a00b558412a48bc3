-- What the first span of each trace on `page` that was told something was told.
SELECT trace_id, arg_min(told, start_time) AS content
FROM page
WHERE told IS NOT NULL
GROUP BY trace_id
