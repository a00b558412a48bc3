-- The times between which the spans of some traces start. Their ids are looked for as numbers, see trace_ranges.
SELECT trace_id, min(first) AS began, max(last) AS last
FROM trace_ranges
WHERE key IN (SELECT unnest($keys::UBIGINT[]))
GROUP BY trace_id
ORDER BY began DESC, trace_id DESC
