-- What users see. Made anew at every start, so it may change without a new schema version.

-- What trace_ranges has of a trace's id as a number.
CREATE OR REPLACE MACRO trace_key(id) AS TRY_CAST('0x' || right(id, 16) AS UBIGINT);

-- Joins objects without blanks around them, whose keys differ, as texts: a third of the cost of a JSON merge.
CREATE OR REPLACE MACRO joined(a, b, c, d) AS (
    '{' || concat_ws(
        ',',
        nullif(a[2:-2], ''),
        nullif(b[2:-2], ''),
        nullif(c[2:-2], ''),
        nullif(d[2:-2], '')
    ) || '}'
)::JSON;

-- Rows as if all had been stored by this version, and their attributes whole.
CREATE OR REPLACE VIEW whole_spans AS
SELECT * REPLACE (
    joined(attributes, attributes_0, attributes_1, content) AS attributes,
    coalesce(attributes_0, attributes) AS attributes_0,
    coalesce(attributes_1, attributes) AS attributes_1
)
FROM span_data;

-- The columns of `spans`, and then the stored ones that its attributes are put together from, each key in one of them: a
-- query that takes single keys out of the attributes is rewritten to read those (query/rewrite.py). Users do not see it.
CREATE OR REPLACE VIEW spans_and_parts AS
SELECT
    trace_id,
    span_id,
    parent_span_id,
    name,
    kind,
    scope_name,
    service_name,
    type,
    start_time,
    end_time,
    duration_ms,
    status,
    status_message,
    error_type,
    agent,
    model,
    provider,
    tool,
    operation,
    session_id,
    user_id,
    tenant,
    input_tokens,
    output_tokens,
    cache_read_tokens,
    cache_write_tokens,
    reasoning_tokens,
    cost,
    cost_source,
    ttft_ms,
    attributes,
    resource,
    events,
    links,
    agent_attribute,
    attributes_0,
    attributes_1,
    content
FROM whole_spans;

CREATE OR REPLACE VIEW spans AS
SELECT * EXCLUDE (agent_attribute, attributes_0, attributes_1, content)
FROM spans_and_parts;

-- One row a trace. Tokens and cost are those of the model spans, so a dialect that repeats them on agents counts once; of
-- two model spans around one another, made by two instrumentations of one call, the inner one counts. Ids are compared by
-- their hash, which takes half the time.
CREATE OR REPLACE VIEW traces AS
SELECT
    trace_id,
    min(start_time) AS start_time,
    max(coalesce(end_time, start_time)) AS end_time,
    epoch_us(max(coalesce(end_time, start_time)) - min(start_time)) / 1000.0 AS duration_ms,
    coalesce(
        arg_min(name, start_time) FILTER (WHERE parent_span_id IS NULL),
        arg_min(name, start_time)
    ) AS root_name,
    coalesce(
        arg_min(service_name, start_time) FILTER (WHERE parent_span_id IS NULL),
        arg_min(service_name, start_time)
    ) AS service_name,
    coalesce(
        arg_min(agent, start_time) FILTER (WHERE parent_span_id IS NULL AND agent IS NOT NULL),
        arg_min(agent, start_time) FILTER (WHERE agent IS NOT NULL)
    ) AS agent,
    coalesce(list_sort(list(DISTINCT agent) FILTER (WHERE agent IS NOT NULL)), []) AS agents,
    count(*) AS spans,
    count(*) FILTER (WHERE status = 'error') AS errors,
    -- A failed tool the agent recovered from is counted in `errors`; the trace failed when its root did.
    CASE
        WHEN bool_or(status = 'error') FILTER (WHERE parent_span_id IS NULL) THEN 'error'
        WHEN bool_and(parent_span_id IS NOT NULL) AND bool_or(status = 'error') THEN 'error'
        ELSE 'ok'
    END AS status,
    count(*) FILTER (WHERE counts) AS model_calls,
    count(*) FILTER (WHERE type = 'tool') AS tool_calls,
    coalesce(sum(input_tokens) FILTER (WHERE counts), 0)::BIGINT AS input_tokens,
    coalesce(sum(output_tokens) FILTER (WHERE counts), 0)::BIGINT AS output_tokens,
    sum(cost) FILTER (WHERE counts) AS cost
FROM (
    SELECT
        *,
        type = 'model' AND hash(trace_id, span_id) NOT IN (
            SELECT hash(trace_id, parent_span_id)
            FROM span_data
            WHERE type = 'model' AND parent_span_id IS NOT NULL
                AND (input_tokens IS NOT NULL OR output_tokens IS NOT NULL)
        ) AS counts
    FROM span_data
)
GROUP BY trace_id;

-- One row a data point. An exponential histogram has its buckets as bounds and counts too, as an explicit one has.
CREATE OR REPLACE VIEW metrics AS
SELECT
    time,
    name,
    kind,
    value,
    unit,
    description,
    service_name,
    scope_name,
    start_time,
    temporality,
    monotonic,
    count,
    sum,
    min,
    max,
    CASE WHEN exponential IS NULL THEN bounds ELSE list_concat(
        list_transform(
            range(len(exponential.negative_counts)::BIGINT - 1, -1, -1),
            lambda i: -pow(2.0, (exponential.negative_offset + i) * pow(2.0, -exponential.scale))
        ),
        [exponential.zero_threshold],
        list_transform(
            range(len(exponential.positive_counts)),
            lambda i: pow(2.0, (exponential.positive_offset + i + 1) * pow(2.0, -exponential.scale))
        )
    ) END AS bounds,
    CASE WHEN exponential IS NULL THEN bucket_counts ELSE list_concat(
        list_reverse(exponential.negative_counts),
        [exponential.zero_count],
        exponential.positive_counts,
        [0::UBIGINT]
    ) END AS bucket_counts,
    quantiles,
    exemplars,
    attributes,
    resource,
    tenant
FROM point_data;

CREATE OR REPLACE VIEW logs AS
SELECT
    time,
    observed_time,
    severity,
    severity_number,
    severity_text,
    event_name,
    body,
    trace_id,
    span_id,
    service_name,
    scope_name,
    attributes,
    resource,
    tenant
FROM log_data;

CREATE OR REPLACE VIEW evaluations AS SELECT * FROM evaluation_data;

-- Spans that have ended, and log records, under the names of Logfire's table; beside its columns those its attributes are
-- put together from, as in spans_and_parts. A log record is a record of its own below the span it was written in.
CREATE OR REPLACE VIEW records_and_parts AS
SELECT
    trace_id,
    span_id,
    parent_span_id,
    start_time AS start_timestamp,
    end_time AS end_timestamp,
    CASE WHEN kind = 'span' THEN epoch_us(end_time - start_time) / 1e6 END AS duration,
    kind,
    span_name,
    coalesce(attributes_0 ->> 'logfire.msg', message) AS message,
    coalesce(TRY_CAST(attributes_0 ->> 'logfire.level_num' AS SMALLINT), level) AS level,
    from_json(attributes_1 -> 'logfire.tags', '["VARCHAR"]') AS tags,
    coalesce(contains(events, '"name":"exception"'), false) AS is_exception,
    CASE WHEN is_exception THEN exception ->> 'exception.type' END AS exception_type,
    CASE WHEN is_exception THEN exception ->> 'exception.message' END AS exception_message,
    CASE WHEN is_exception THEN exception ->> 'exception.stacktrace' END AS exception_stacktrace,
    otel_status_code,
    otel_status_message,
    scope_name AS otel_scope_name,
    scope ->> 'version' AS otel_scope_version,
    attributes,
    events AS otel_events,
    links AS otel_links,
    resource AS otel_resource_attributes,
    service_name,
    resource ->> 'service.version' AS service_version,
    resource ->> 'service.instance.id' AS service_instance_id,
    resource ->> 'service.namespace' AS service_namespace,
    coalesce(resource ->> 'deployment.environment.name', resource ->> 'deployment.environment') AS deployment_environment,
    TRY_CAST(resource ->> 'process.pid' AS BIGINT) AS process_pid,
    resource ->> 'telemetry.sdk.name' AS telemetry_sdk_name,
    resource ->> 'telemetry.sdk.language' AS telemetry_sdk_language,
    resource ->> 'telemetry.sdk.version' AS telemetry_sdk_version,
    coalesce(attributes_1 ->> 'http.request.method', attributes_0 ->> 'http.method') AS http_method,
    attributes_0 ->> 'http.route' AS http_route,
    TRY_CAST(
        coalesce(attributes_1 ->> 'http.response.status_code', attributes_0 ->> 'http.status_code') AS SMALLINT
    ) AS http_response_status_code,
    coalesce(attributes_1 ->> 'url.full', attributes_0 ->> 'http.url') AS url_full,
    coalesce(attributes_0 ->> 'url.path', attributes_0 ->> 'http.target') AS url_path,
    attributes_0 ->> 'url.query' AS url_query,
    log_body,
    agent_attribute,
    attributes_0,
    attributes_1,
    content
FROM (
    SELECT
        *,
        -- The attributes of the first event that is an exception.
        list_filter(
            from_json(events, '[{"name":"VARCHAR","attributes":"JSON"}]'), lambda event: event.name = 'exception'
        )[1].attributes AS exception
    FROM (
        SELECT
            trace_id,
            span_id,
            parent_span_id,
            start_time,
            end_time,
            'span' AS kind,
            name AS span_name,
            name AS message,
            CASE WHEN status = 'error' THEN 17 ELSE 9 END AS level,
            upper(status) AS otel_status_code,
            status_message AS otel_status_message,
            scope_name,
            scope,
            attributes,
            events,
            links,
            resource,
            service_name,
            NULL AS log_body,
            agent_attribute,
            attributes_0,
            attributes_1,
            content
        FROM whole_spans
        WHERE end_time IS NOT NULL
        UNION ALL
        SELECT
            trace_id,
            NULL,
            span_id,
            time,
            time,
            'log',
            coalesce(event_name, body),
            coalesce(body, event_name),
            coalesce(severity_number, 9),
            CASE WHEN severity_number >= 17 THEN 'ERROR' ELSE 'UNSET' END,
            NULL,
            scope_name,
            scope,
            attributes,
            NULL,
            NULL,
            resource,
            service_name,
            body,
            attributes ->> 'agent',
            attributes,
            attributes,
            attributes
        FROM log_data
    )
);

CREATE OR REPLACE VIEW records AS
SELECT * EXCLUDE (agent_attribute, attributes_0, attributes_1, content)
FROM records_and_parts;
