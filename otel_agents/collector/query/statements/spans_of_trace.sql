SELECT * EXCLUDE (trace_id, told), epoch_us(start_time - $began) / 1000 AS offset_ms
FROM page
ORDER BY start_time, coalesce(end_time, start_time) DESC, span_id
LIMIT $count
