-- What else OTLP says of a span, so that it can be given back as it came. NULL where an earlier version stored the span.
ALTER TABLE span_data ADD COLUMN start_nanos USMALLINT; -- nanoseconds beyond the microseconds of start_time
ALTER TABLE span_data ADD COLUMN end_nanos USMALLINT;
ALTER TABLE span_data ADD COLUMN scope JSON; -- version, attributes and schemas of the scope; NULL when it has none
ALTER TABLE span_data ADD COLUMN trace_state VARCHAR;
ALTER TABLE span_data ADD COLUMN flags UINTEGER;
ALTER TABLE span_data ADD COLUMN dropped_attributes UINTEGER; -- how many the program left out
ALTER TABLE span_data ADD COLUMN dropped_events UINTEGER;
ALTER TABLE span_data ADD COLUMN dropped_links UINTEGER;
