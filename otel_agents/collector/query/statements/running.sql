-- The traces that run: those with a span that is open, by its program's word.
SELECT DISTINCT trace_id FROM open_data WHERE state = 'open'
