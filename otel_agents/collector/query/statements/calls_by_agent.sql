-- Tokens and cost of the model calls, by time and agent.
SELECT
    epoch_us(start_time) // ($bucket * 1000000) AS bucket,
    agent,
    count(*) AS calls,
    coalesce(sum(input_tokens), 0)::BIGINT AS input_tokens,
    coalesce(sum(output_tokens), 0)::BIGINT AS output_tokens,
    coalesce(sum(cache_read_tokens), 0)::BIGINT AS cache_read_tokens,
    coalesce(sum(reasoning_tokens), 0)::BIGINT AS reasoning_tokens,
    sum(cost) AS cost,
    -- A call that failed before it used anything has no price to miss.
    count(*) FILTER (
        cost IS NULL AND NOT (status = 'error' AND coalesce(input_tokens, 0) + coalesce(output_tokens, 0) = 0)
    ) AS unpriced_calls
FROM spans
WHERE type = 'model' AND start_time >= $start AND start_time < $end /* and */
GROUP BY ALL
