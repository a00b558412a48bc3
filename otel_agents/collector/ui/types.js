// The shapes of the HTTP API, as JSDoc types. Times are ISO 8601 in UTC; a cost nobody knows is null.

/** @typedef {"agent" | "model" | "tool" | "workflow" | "message" | "other"} SpanType */
/** @typedef {Record<string, unknown>} Attributes */
/** @typedef {{ kind: string, message: string, hint: string | null }} ApiFault */

/**
 * @typedef {{
 *   window: { start: string, end: string, minutes: number, bucket_seconds: number },
 *   health: { status: "healthy" | "degraded" | "unhealthy" | "idle", reasons: string[] },
 *   running: number, totals: Totals,
 *   previous: { traces: number, errors: number, input_tokens: number, output_tokens: number, cost: number | null },
 *   agents: AgentRow[], tools: ToolRow[], models: ModelRow[], series: Series, errors: ErrorGroup[],
 * }} Overview
 */
/**
 * @typedef {{
 *   traces: number, spans: number, errors: number, error_rate: number, model_calls: number, tool_calls: number,
 *   input_tokens: number, output_tokens: number, cache_read_tokens: number, reasoning_tokens: number,
 *   cost: number | null, unpriced_calls: number, p50_ms: number | null, p95_ms: number | null,
 * }} Totals
 */
/**
 * @typedef {{
 *   agent: string, requests: number, errors: number, success_rate: number, avg_ms: number | null, p95_ms: number | null,
 *   input_tokens: number, output_tokens: number, cost: number | null,
 * }} AgentRow
 */
/**
 * @typedef {{
 *   tool: string, calls: number, errors: number, success_rate: number, avg_ms: number | null, p95_ms: number | null,
 * }} ToolRow
 */
/**
 * @typedef {{
 *   model: string, provider: string | null, calls: number, errors: number, avg_ms: number | null, p95_ms: number | null,
 *   ttft_ms: number | null, input_tokens: number, output_tokens: number, cache_read_tokens: number,
 *   reasoning_tokens: number, cost: number | null,
 * }} ModelRow
 */
/**
 * @typedef {{
 *   time: number[], traces: number[], errors: number[], input_tokens: number[], output_tokens: number[],
 *   cost: (number | null)[], p95_ms: (number | null)[],
 * }} Series
 */
/**
 * @typedef {{
 *   time: string, trace_id: string, span_id: string, name: string, agent: string | null, type: SpanType,
 *   error_type: string | null, message: string | null, count: number,
 * }} ErrorGroup
 */
/**
 * @typedef {{
 *   trace_id: string, name: string, service_name: string | null, agents: string[], start_time: string,
 *   duration_ms: number | null, status: "ok" | "error", state: "running" | "abandoned" | null, error: string | null, spans: number, errors: number,
 *   model_calls: number, tool_calls: number, input_tokens: number, output_tokens: number, cost: number | null,
 *   session_id: string | null, user_id: string | null, preview: string | null,
 * }} TraceSummary
 */
/** @typedef {{ traces: TraceSummary[], next: string | null, agents: string[] }} TraceList */
/** @typedef {{ name: string, time: string, attributes: Attributes }} SpanEvent */
/** @typedef {{ trace_id: string, span_id: string, attributes: Attributes }} SpanLink */
/**
 * @typedef {{
 *   time: string, name: string | null, score: number | null, label: string | null, explanation: string | null,
 * }} Evaluation
 */
/**
 * @typedef {{
 *   span_id: string, parent_span_id: string | null, name: string, kind: string, type: SpanType,
 *   scope_name: string | null, service_name: string | null, start_time: string, end_time: string | null,
 *   offset_ms: number, duration_ms: number | null, status: "unset" | "ok" | "error", status_message: string | null,
 *   error_type: string | null, agent: string | null, model: string | null, provider: string | null,
 *   tool: string | null, operation: string | null, session_id: string | null, user_id: string | null,
 *   tenant: string | null, input_tokens: number | null, output_tokens: number | null,
 *   cache_read_tokens: number | null, cache_write_tokens: number | null, reasoning_tokens: number | null,
 *   cost: number | null, cost_source: string | null, ttft_ms: number | null,
 *   attributes: Attributes, resource: Attributes, events: SpanEvent[], links: SpanLink[], evaluations: Evaluation[],
 * }} Span
 */
/** @typedef {{ trace_id: string, summary: TraceSummary, spans: Span[] }} Trace */
/**
 * @typedef {{
 *   id: string, name: string, severity: "low" | "medium" | "high" | "critical", state: "pending" | "firing" | "resolved",
 *   message: string, kind: string, subject: string, value: number, threshold: number, since: number,
 *   resolved_at: number | null, acknowledged_by: string | null, silenced: boolean, evidence: Record<string, unknown>,
 * }} Alert since and resolved_at in seconds since the epoch
 */
/**
 * @typedef {{
 *   watched: boolean, alerts: Alert[], history: Alert[],
 *   silences: { name: string | null, subject: string | null, until: number, by: string }[],
 *   thresholds: Record<string, number>, rules: { name: string, expression: string, severity: string }[],
 *   channels: { name: string, sent?: number, retried?: number, failed?: number, dropped?: number }[],
 * }} Alerts of a collector that does not watch, watched is false and there is nothing else
 */
/**
 * @typedef {{
 *   file: string, why: string, found: string, state: "waiting" | "being read" | "read", taken: Record<string, number>,
 *   lost: Record<string, number>, incomplete: Record<string, number>, unreadable: string[],
 * }} Damage a database file that was set aside
 */
/** @typedef {{ status: string, reason?: string, damaged?: Damage[] }} Condition */
/** @typedef {string | number | boolean | null} Cell */
/** @typedef {{ columns: string[], types: string[], rows: Cell[][], truncated: boolean, elapsed_ms: number }} QueryResult */
/** @typedef {{ name: string, sql: string, about: string, changed: string, changed_by: string }} SavedQuery */
/** @typedef {{ tables: { name: string, columns: { name: string, type: string, doc: string }[] }[] }} Schema */
/** @typedef {{ spans: number, traces: string[] }} Commit */
/** @typedef {{ name: string, scopes: string[], tenant: string | null, session: boolean, keys_required: boolean }} Me */

export {};
