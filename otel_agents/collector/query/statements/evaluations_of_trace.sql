-- What was said of a trace's spans, found by their ids or by those of their answers.
SELECT span_id, response_id, time, name, score, label, explanation
FROM evaluations
WHERE trace_id = $id OR (span_id IS NULL AND list_contains($responses::VARCHAR[], response_id))
ORDER BY time, name
