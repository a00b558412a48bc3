SELECT
    coalesce(model, 'unknown') AS model,
    provider,
    count(*) AS calls,
    count(*) FILTER (status = 'error') AS errors,
    avg(duration_ms) AS avg_ms,
    quantile_cont(duration_ms, 0.95) AS p95_ms,
    avg(ttft_ms) AS ttft_ms,
    coalesce(sum(input_tokens), 0)::BIGINT AS input_tokens,
    coalesce(sum(output_tokens), 0)::BIGINT AS output_tokens,
    coalesce(sum(cache_read_tokens), 0)::BIGINT AS cache_read_tokens,
    coalesce(sum(reasoning_tokens), 0)::BIGINT AS reasoning_tokens,
    sum(cost) AS cost
FROM spans
WHERE type = 'model' AND start_time >= $start AND start_time < $end /* and */
GROUP BY ALL
ORDER BY cost DESC NULLS LAST, calls DESC, model
