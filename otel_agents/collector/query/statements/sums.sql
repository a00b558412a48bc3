-- Sums of `rolled`, by kind and one thing more each; of the window before, and of this one by time too.
SELECT
    earlier, kind, name, provider, agent, period, root, grouping(name, agent, period, root) AS by,
    sum(number)::BIGINT AS number,
    sum(failed)::BIGINT AS failed,
    coalesce(sum(failed) FILTER (slice >= $recent), 0)::BIGINT AS failed_recently,
    sum(us) / nullif(sum(timed), 0) / 1000 AS avg_ms,
    sum(ttft_us) / nullif(sum(ttft_timed), 0) / 1000 AS ttft_ms,
    coalesce(sum(input_tokens), 0)::HUGEINT AS input_tokens,
    coalesce(sum(output_tokens), 0)::HUGEINT AS output_tokens,
    coalesce(sum(cache_read_tokens), 0)::HUGEINT AS cache_read_tokens,
    coalesce(sum(reasoning_tokens), 0)::HUGEINT AS reasoning_tokens,
    CASE WHEN sum(priced) > 0 THEN sum(picodollars) / 1e12 END AS cost,
    sum(unpriced)::BIGINT AS unpriced
FROM (
    SELECT
        * EXCLUDE bucket,
        slice < $start AS earlier,
        CASE WHEN slice >= $start THEN epoch_us(slice) // ($bucket * 1000000) END AS period
    FROM rolled
)
GROUP BY GROUPING SETS (
    (earlier, kind, name, provider), (earlier, kind, agent), (earlier, kind, period), (earlier, kind, root)
)
HAVING sum(number) <> 0
