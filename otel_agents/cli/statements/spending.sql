-- Who spent what: the model calls, each once, of the users and tenants they were made for.
WITH inside AS (
    SELECT hash(trace_id, parent_span_id) AS id
    FROM spans
    WHERE type = 'model' AND parent_span_id IS NOT NULL AND (input_tokens IS NOT NULL OR output_tokens IS NOT NULL)
        AND start_time >= $start AND start_time < $end
)
SELECT
    CASE WHEN grouping(tenant) = 0 THEN 'tenant' ELSE 'user' END AS kind,
    coalesce(tenant, user_id) AS name,
    count(*) AS calls,
    coalesce(sum(input_tokens), 0)::BIGINT AS input_tokens,
    coalesce(sum(output_tokens), 0)::BIGINT AS output_tokens,
    sum(cost) AS cost
FROM spans
WHERE type = 'model' AND start_time >= $start AND start_time < $end
    AND hash(trace_id, span_id) NOT IN (FROM inside)
GROUP BY GROUPING SETS ((tenant), (user_id))
HAVING coalesce(tenant, user_id) IS NOT NULL
ORDER BY kind, cost DESC NULLS LAST, name
