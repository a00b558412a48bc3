// Questions people ask of their spans, as queries to start from.

/** @typedef {{ title: string, about: string, sql: string }} Example */

/** @type {Example[]} */
export const EXAMPLES = [
  {
    title: "Requests by agent",
    about: "How many requests each agent took, and how long they were on average",
    sql: `SELECT attributes->>'agent' AS agent, COUNT(*) AS requests, AVG(duration_ms) AS avg_duration
FROM spans WHERE attributes->>'agent' IS NOT NULL GROUP BY agent`,
  },
  {
    title: "Cost by model",
    about: "Calls, tokens and dollars of each model; calls nobody knows the price of are counted apart",
    sql: `SELECT provider, model, COUNT(*) AS calls, SUM(input_tokens) AS input_tokens,
  SUM(output_tokens) AS output_tokens, SUM(cost) AS cost, COUNT(*) - COUNT(cost) AS unpriced
FROM spans
WHERE type = 'model'
GROUP BY provider, model
ORDER BY cost DESC NULLS LAST`,
  },
  {
    title: "Slowest requests",
    about: "The traces that took longest, each a click away",
    sql: `SELECT start_time, root_name, agent, duration_ms, spans, cost, trace_id
FROM traces
ORDER BY duration_ms DESC
LIMIT 50`,
  },
  {
    title: "Tools that fail",
    about: "How often each tool fails, and with what",
    sql: `SELECT tool, COUNT(*) AS calls,
  COUNT(*) FILTER (WHERE status = 'error') AS failed,
  ROUND(100.0 * COUNT(*) FILTER (WHERE status = 'error') / COUNT(*), 1) AS failed_percent,
  MAX(status_message) FILTER (WHERE status = 'error') AS last_error
FROM spans
WHERE type = 'tool'
GROUP BY tool
ORDER BY failed DESC`,
  },
  {
    title: "Spend by session",
    about: "What each conversation cost, dearest first",
    sql: `SELECT session_id, user_id, COUNT(DISTINCT trace_id) AS requests,
  SUM(input_tokens + output_tokens) AS tokens, SUM(cost) AS cost, MAX(start_time) AS last_seen
FROM spans
WHERE type = 'model' AND session_id IS NOT NULL
GROUP BY session_id, user_id
ORDER BY cost DESC NULLS LAST
LIMIT 100`,
  },
  {
    title: "Cached input",
    about: "Which share of the input each model read from its provider's cache",
    sql: `SELECT model, SUM(input_tokens) AS input_tokens, SUM(cache_read_tokens) AS from_cache,
  ROUND(100.0 * SUM(cache_read_tokens) / NULLIF(SUM(input_tokens), 0), 1) AS cached_percent
FROM spans
WHERE type = 'model'
GROUP BY model
ORDER BY input_tokens DESC`,
  },
  {
    title: "Errors of the last day",
    about: "What failed, where and when",
    sql: `SELECT start_time, type, name, agent, error_type, status_message, trace_id, span_id
FROM spans
WHERE status = 'error' AND start_time > now()::TIMESTAMP - INTERVAL 1 DAY
ORDER BY start_time DESC
LIMIT 200`,
  },
  {
    title: "Hand-overs",
    about: "Who hands over to whom, and how often",
    sql: `SELECT attributes->>'otel_agents.handoff.from' AS "from", attributes->>'otel_agents.handoff.to' AS "to",
  COUNT(*) AS times, MAX(trace_id) AS trace_id
FROM spans
WHERE attributes->>'otel_agents.handoff.to' IS NOT NULL
GROUP BY ALL
ORDER BY times DESC`,
  },
  {
    title: "Messages between agents",
    about: "How many messages go between two agents, how long they wait and are worked on, and how many fail; in seconds",
    sql: `SELECT attributes->>'otel_agents.message.source' AS source, attributes->>'otel_agents.message.target' AS target,
  attributes->>'otel_agents.message.type' AS message, COUNT(*) AS processed,
  AVG((attributes->>'otel_agents.message.queue_time')::DOUBLE) AS waited,
  AVG((attributes->>'otel_agents.message.processing_time')::DOUBLE) AS worked_on,
  COUNT(*) FILTER (WHERE status = 'error') AS failed, MAX(trace_id) AS trace_id
FROM spans
WHERE type = 'message' AND operation = 'process'
GROUP BY ALL
ORDER BY processed DESC`,
  },
  {
    title: "Routes",
    about: "What is chosen to go on, how often, and by which score",
    sql: `SELECT agent, attributes->>'otel_agents.route.selected' AS selected, COUNT(*) AS times,
  AVG(TRY_CAST(attributes->>'otel_agents.route.score' AS DOUBLE)) AS avg_score, MAX(trace_id) AS trace_id
FROM spans
WHERE attributes->>'otel_agents.route.selected' IS NOT NULL
GROUP BY agent, selected
ORDER BY times DESC`,
  },
];
