-- The spans of one trace, whole, for the questions that follow on the same connection.
CREATE OR REPLACE TEMP TABLE page AS
SELECT
    * EXCLUDE (agent_attribute, short_attributes, content),
    -- What a user said to it, when that is not overly long.
    CASE
        WHEN strlen(content) <= 262144
            AND (contains(content, '"gen_ai.input.messages":') OR contains(content, '"input.value":')
                OR contains(content, '"gen_ai.prompt') OR contains(content, '"ai.prompt')
                OR contains(content, 'all_messages') OR contains(content, '"traceloop.entity.input":'))
            THEN content
    END AS told
FROM spans_and_parts
WHERE start_time >= $began AND start_time <= $last AND trace_id = $id
