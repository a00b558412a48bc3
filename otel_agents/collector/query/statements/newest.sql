-- Which traces had spans last, as rows of trace_ranges: a trace that came in several commits has several.
SELECT trace_id, first
FROM trace_ranges
WHERE first >= $since AND first <= $before AND (first < $before OR trace_id < $before_id)
ORDER BY first DESC, trace_id DESC
LIMIT $count
