SELECT min(first) AS first FROM trace_ranges WHERE first >= $since
