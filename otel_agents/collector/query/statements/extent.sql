-- Kept beside the table, so that nothing is read for it.
SELECT count(*) AS count, min(first) AS earliest, max(first) AS latest FROM trace_ranges
