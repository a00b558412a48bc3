SELECT
    coalesce(sum(input_tokens), 0)::BIGINT AS input_tokens,
    coalesce(sum(output_tokens), 0)::BIGINT AS output_tokens,
    sum(cost) AS cost
FROM spans
WHERE type = 'model' AND start_time >= $start AND start_time < $end /* and */
