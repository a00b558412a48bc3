SELECT * EXCLUDE (trace_id), epoch_us(start_time - $began) / 1000 AS offset_ms
FROM spans
WHERE start_time >= $began AND start_time <= $last AND trace_id = $id
ORDER BY start_time, coalesce(end_time, start_time) DESC, span_id
LIMIT $count
