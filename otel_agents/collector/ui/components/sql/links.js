// Queries that other pages lead to.
import { link } from "../../router.js";

/** A text as SQL. @param {string} text */
const literal = (text) => `'${text.replaceAll("'", "''")}'`;

/** The latest calls of a tool or a model. @param {"tool" | "model"} column @param {string} name */
export const callsOf = (column, name) =>
  link("/sql", {
    q: `SELECT start_time, name, agent, duration_ms, status_message, trace_id, span_id
FROM spans
WHERE ${column} = ${literal(name)} AND type = '${column}'
ORDER BY start_time DESC
LIMIT 200`,
  });

/** The requests of a session or a user. @param {"session_id" | "user_id"} column @param {string} id */
export const requestsOf = (column, id) =>
  link("/sql", {
    q: `SELECT start_time, name, duration_ms, status, trace_id
FROM spans
WHERE ${column} = ${literal(id)} AND parent_span_id IS NULL
ORDER BY start_time DESC`,
  });
