-- The times between which the spans of a trace start, once for each commit. Its id is looked for as a number, see
-- trace_ranges.
SELECT trace_id, first, last FROM trace_ranges WHERE key = $key::UBIGINT
