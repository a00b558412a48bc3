-- What was in `attributes` alone, in two objects: a key is found in the one of its group (columns.group), in less than half
-- the time. Never NULL in rows that are stored so, which have '{}' in `attributes`; rows of earlier versions have
-- theirs there, and NULL here.
ALTER TABLE span_data ADD COLUMN attributes_0 JSON USING COMPRESSION zstd;
ALTER TABLE span_data ADD COLUMN attributes_1 JSON USING COMPRESSION zstd;
