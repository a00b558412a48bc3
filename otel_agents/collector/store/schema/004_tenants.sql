-- Whose a record is. `owner` is the tenant of the key it was sent with, NULL where the key had none; `tenant` is that, or
-- else what the record's attributes say. What a tenant may see is decided by `tenant`; what counts as sent twice, by `owner`.
ALTER TABLE span_data ADD COLUMN owner VARCHAR;
ALTER TABLE point_data ADD COLUMN owner VARCHAR;
ALTER TABLE log_data ADD COLUMN owner VARCHAR;

ALTER TABLE point_data ADD COLUMN tenant VARCHAR;
ALTER TABLE log_data ADD COLUMN tenant VARCHAR;
UPDATE point_data SET tenant = attributes ->> 'tenant.id' WHERE contains(attributes, '"tenant.id"');
UPDATE log_data SET tenant = attributes ->> 'tenant.id' WHERE contains(attributes, '"tenant.id"');

ALTER TABLE trace_ranges ADD COLUMN tenant VARCHAR;
INSERT INTO trace_ranges
SELECT trace_id, min(start_time), max(start_time), tenant FROM span_data WHERE tenant IS NOT NULL GROUP BY ALL;

ALTER TABLE evaluation_data ADD COLUMN tenant VARCHAR;
UPDATE evaluation_data SET tenant = span_data.tenant FROM span_data
WHERE span_data.tenant IS NOT NULL
    AND span_data.trace_id = evaluation_data.trace_id AND span_data.span_id = evaluation_data.span_id;
