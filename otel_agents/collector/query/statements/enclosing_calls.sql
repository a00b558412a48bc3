-- Model spans around another model span that tells its tokens: two instrumentations wrapped one call, and the inner one
-- counts. Ids are compared by their hash, which takes half the time.
SELECT hash(trace_id, span_id)
FROM spans
WHERE type = 'model' AND start_time >= $start AND start_time < $end
    AND hash(trace_id, span_id) IN (
        SELECT hash(trace_id, parent_span_id)
        FROM spans
        WHERE type = 'model' AND start_time >= $start AND start_time < $end
            AND (input_tokens IS NOT NULL OR output_tokens IS NOT NULL)
    )
