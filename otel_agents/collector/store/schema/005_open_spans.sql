-- The rows of span_data that have no end yet, one each: a newer snapshot or the finished span takes a row's place.
CREATE TABLE open_data (
    trace_id VARCHAR NOT NULL,
    span_id VARCHAR NOT NULL,
    start_time TIMESTAMP NOT NULL, -- as in span_data, where the row is found by it
    program VARCHAR, -- who reports it, as a JSON object; NULL where it came as any span does, and nobody will say more
    report UBIGINT NOT NULL, -- the number of the report it was last in whole
    state VARCHAR NOT NULL, -- open, abandoned
    seen TIMESTAMP NOT NULL, -- when that report came
    owner VARCHAR, -- as in span_data
    tenant VARCHAR
);

INSERT INTO open_data
SELECT trace_id, span_id, start_time, NULL, 0, 'open', start_time, owner, tenant
FROM span_data
WHERE end_time IS NULL;
