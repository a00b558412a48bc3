-- In which buckets the values on both sides of a quantile are; `period` is NULL for the whole window.
, found AS (
    SELECT kind, name, provider, NULL::BIGINT AS period, bucket, sum(number) AS number FROM rolled GROUP BY ALL
    UNION ALL
    SELECT kind, NULL, NULL, epoch_us(slice) // ($bucket * 1000000), bucket, sum(number)
    FROM rolled
    WHERE kind = 'trace'
    GROUP BY ALL
),
ranked AS (
    SELECT
        kind, name, provider, period, bucket,
        sum(number) OVER (PARTITION BY kind, name, provider, period ORDER BY bucket) AS through,
        sum(number) OVER (PARTITION BY kind, name, provider, period) AS number
    FROM found
    WHERE number > 0
)
SELECT
    kind, name, provider, period, number::BIGINT AS number,
    min(bucket) FILTER (through > floor((number - 1) * 0.5)) AS p50_low,
    min(bucket) FILTER (through > ceil((number - 1) * 0.5)) AS p50_high,
    min(bucket) FILTER (through > floor((number - 1) * 0.95)) AS p95_low,
    min(bucket) FILTER (through > ceil((number - 1) * 0.95)) AS p95_high
FROM ranked
GROUP BY ALL
