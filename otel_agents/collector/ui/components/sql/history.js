// The queries that were run in this browser, newest first.
import { signal } from "../../lib.js";

/** @typedef {{ sql: string, at: number, rows: number | null }} Past rows: null when it failed */

const KEY = "otel-agents.sql.history";
const KEPT = 40;

/** @returns {Past[]} */
function read() {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(kept) ? kept.filter((past) => typeof past?.sql === "string") : [];
  } catch {
    return [];
  }
}

export const history = signal(read());

/** @param {Past[]} pasts */
function keep(pasts) {
  history.value = pasts;
  try {
    localStorage.setItem(KEY, JSON.stringify(pasts));
  } catch {
    // Storage is blocked or full: the history lasts as long as the page.
  }
}

/** @param {string} sql @param {number | null} rows */
export function remember(sql, rows) {
  const others = history.value.filter((past) => past.sql !== sql);
  keep([{ sql, at: Date.now(), rows }, ...others].slice(0, KEPT));
}

export const forget = () => keep([]);
