-- How many of `rolled` took how long; of traces by time too.
SELECT kind, name, provider, NULL AS period, bucket, sum(number) AS number FROM rolled GROUP BY ALL
UNION ALL
SELECT kind, NULL, NULL, epoch_us(slice) // ($bucket_s * 1000000), bucket, sum(number)
FROM rolled
WHERE kind = 'trace'
GROUP BY ALL
