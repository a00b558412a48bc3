-- How many traces began in the window. Those that began more than an hour before it are counted again if they had gone
-- quiet for that long: to know better, all earlier traces would have to be looked at.
SELECT count(DISTINCT trace_id) AS traces
FROM trace_ranges
WHERE first >= $start AND first < $end
    AND trace_id NOT IN (
        SELECT trace_id FROM trace_ranges WHERE first >= $start - INTERVAL 1 HOUR AND first < $start
    )
