-- The same of several traces.
SELECT trace_id, first, last FROM trace_ranges WHERE key IN (SELECT unnest($keys::UBIGINT[]))
