// Calls to the collector's HTTP API, and whether it answers at all.
import { signal } from "./lib.js";

/** False from the first request that got no answer until one does. */
export const reachable = signal(true);
/** Counts how often the collector came back; pages refetch when it changes. */
export const revivals = signal(0);

const RETRY_MS = 1500;

/** An answer of the API that is not a success; `fault` is its JSON error object. */
export class ApiError extends Error {
  /** @param {number} status @param {import("./types.js").ApiFault} fault */
  constructor(status, fault) {
    super(fault.message);
    this.status = status;
    this.fault = fault;
  }
}

/** The collector did not answer. */
export class Unreachable extends Error {}

let watching = false;

/** Asks /healthz until it answers, then tells the pages. */
async function watchForReturn() {
  if (watching) return;
  watching = true;
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    const up = await fetch("/healthz", { cache: "no-store" }).then((answer) => answer.ok, () => false);
    if (up) break;
  }
  watching = false;
  reachable.value = true;
  revivals.value += 1;
}

/** Records that a request or the live stream lost the collector. */
export function lost() {
  reachable.value = false;
  void watchForReturn();
}

/**
 * @template T
 * @param {string} path
 * @param {RequestInit} [init]
 * @param {number[]} [also] statuses that are answers too
 * @returns {Promise<T>}
 */
async function request(path, init, also = []) {
  /** @type {Response} */
  let answer;
  try {
    answer = await fetch(path, { ...init, headers: { accept: "application/json", ...init?.headers } });
  } catch (error) {
    if (init?.signal?.aborted) throw error;
    lost();
    throw new Unreachable("The collector does not answer.");
  }
  if (answer.status === 401) {
    location.replace(`/login${location.hash}`); // the session is over
    return new Promise(() => {}); // the page goes away
  }
  const body = await answer.json().catch(() => null);
  if (answer.ok || (body && also.includes(answer.status))) return body;
  const message = `The collector answered ${answer.status}.`;
  throw new ApiError(answer.status, { kind: "failed", message, hint: null, ...body?.error });
}

/** @param {Record<string, string | number | null | undefined>} values */
const queryString = (values) => {
  const set = Object.entries(values).filter(([, value]) => value !== null && value !== undefined && value !== "");
  return new URLSearchParams(set.map(([key, value]) => [key, String(value)])).toString();
};

/** @param {number} minutes @param {AbortSignal} [abort] @returns {Promise<import("./types.js").Overview>} */
export const fetchOverview = (minutes, abort) => request(`/api/v1/overview?minutes=${minutes}`, { signal: abort });

/**
 * @param {{ limit?: number, before?: string, agent?: string, status?: string, q?: string, minutes?: string }} filters
 * @param {AbortSignal} [abort]
 * @returns {Promise<import("./types.js").TraceList>}
 */
export const fetchTraces = (filters, abort) => request(`/api/v1/traces?${queryString(filters)}`, { signal: abort });

/** @param {string} id @param {AbortSignal} [abort] @returns {Promise<import("./types.js").Trace>} */
export const fetchTrace = (id, abort) => request(`/api/v1/traces/${encodeURIComponent(id)}`, { signal: abort });

/** @returns {Promise<import("./types.js").Me>} */
export const fetchMe = () => request("/api/v1/me");

/** @param {AbortSignal} [abort] @returns {Promise<import("./types.js").Condition>} */
export const fetchCondition = (abort) => request("/readyz", { signal: abort }, [503]);

/** Ends the session of this browser. */
export async function logOut() {
  await request("/api/v1/logout", { method: "POST", headers: { "content-type": "application/json" }, body: "{}" });
  location.replace("/login");
}

/** @param {AbortSignal} [abort] @returns {Promise<import("./types.js").Alerts>} */
export const fetchAlerts = (abort) => request("/api/v1/alerts", { signal: abort });

/** @param {string} path @param {object} body */
const post = (path, body) =>
  request(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });

/** Says that somebody looks after an alert. @param {string} name @param {string} subject */
export const acknowledge = (name, subject) => post("/api/v1/alerts/acknowledge", { name, subject });

/** Keeps alerts quiet; 0 minutes end it. @param {string | null} name @param {string | null} subject @param {number} minutes */
export const silence = (name, subject, minutes) => post("/api/v1/alerts/silence", { name, subject, minutes });

/** @returns {Promise<import("./types.js").Schema>} */
export const fetchSchema = () => request("/api/v1/schema");

/** @param {string} sql @param {AbortSignal} [abort] @returns {Promise<import("./types.js").QueryResult>} */
export const runSql = (sql, abort) =>
  request("/api/v1/sql", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ sql }),
    signal: abort,
  });

/** @typedef {import("./types.js").SavedQuery} SavedQuery */

const savedPath = (/** @type {string} */ name) => `/api/v1/queries/${encodeURIComponent(name)}`;

/** @param {string} method @param {string} name @param {object} [body] */
const changeSaved = (method, name, body) =>
  request(savedPath(name), {
    method,
    headers: { "content-type": "application/json" },
    body: body && JSON.stringify(body),
  });

/** @returns {Promise<SavedQuery[]>} */
export const fetchSaved = async () => (await request("/api/v1/queries")).queries;

/** @param {string} name @returns {Promise<SavedQuery>} */
export const fetchSavedQuery = (name) => request(savedPath(name));

/** @param {string} name @param {string} sql @param {string} about */
export const saveQuery = (name, sql, about) => changeSaved("PUT", name, { sql, about });

/** @param {string} name @param {string} to */
export const renameQuery = (name, to) => changeSaved("PATCH", name, { name: to });

/** @param {string} name */
export const deleteQuery = (name) => changeSaved("DELETE", name);
