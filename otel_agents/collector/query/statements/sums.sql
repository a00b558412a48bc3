-- Sums of `rolled`: in detail, for this window and for the one before; and this one by time.
SELECT
    earlier, kind, name, provider, agent, root, period, grouping(period) = 0 AS by_period,
    sum(number) AS number,
    sum(failed) AS failed,
    sum(CASE WHEN slice >= $recent THEN failed ELSE 0 END) AS failed_recently,
    sum(timed) AS timed,
    sum(us) AS us,
    sum(ttft_timed) AS ttft_timed,
    sum(ttft_us) AS ttft_us,
    sum(input_tokens) AS input_tokens,
    sum(output_tokens) AS output_tokens,
    sum(cache_read_tokens) AS cache_read_tokens,
    sum(reasoning_tokens) AS reasoning_tokens,
    sum(priced) AS priced,
    sum(picodollars) AS picodollars,
    sum(unpriced) AS unpriced
FROM (
    SELECT
        *,
        slice < $start AS earlier,
        CASE WHEN slice >= $start THEN epoch_us(slice) // ($bucket_s * 1000000) END AS period
    FROM rolled
)
GROUP BY GROUPING SETS ((earlier, kind, name, provider, agent, root), (kind, period))
