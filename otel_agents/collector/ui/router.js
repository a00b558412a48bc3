// Routes by hash: #/traces/<id>?span=<id> becomes a path, its parts and its query.
import { effect, signal } from "./lib.js";

/** @typedef {{ path: string, parts: string[], query: Record<string, string> }} Route */

/** @returns {Route} */
function read() {
  const [path, query = ""] = splitOnce(location.hash.replace(/^#/, "") || "/", "?");
  const parts = path.split("/").filter(Boolean).map(decode);
  return { path, parts, query: Object.fromEntries(new URLSearchParams(query)) };
}

/** @param {string} text @param {string} mark */
function splitOnce(text, mark) {
  const at = text.indexOf(mark);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

/** @param {string} part */
function decode(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Where the page is. */
export const route = signal(read());
addEventListener("hashchange", () => (route.value = read()));

let listAddress = "#/traces";
effect(() => {
  if (route.value.path === "/traces") listAddress = link("/traces", route.value.query);
});
/** The list of traces as it was last seen, with its filters. */
export const lastList = () => listAddress;

/**
 * @param {string} path
 * @param {Record<string, string | number | null | undefined>} [query] empty values are left out
 */
export function link(path, query = {}) {
  const set = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== "");
  const text = new URLSearchParams(set.map(([key, value]) => [key, String(value)])).toString();
  return `#${path}${text ? `?${text}` : ""}`;
}

/** @param {string} id @param {string} [span] */
export const traceLink = (id, span) => link(`/traces/${encodeURIComponent(id)}`, { span });

/** @param {string} hash */
export function go(hash) {
  location.hash = hash;
}

/**
 * Changes part of the query in place: filters and selections are in the address but not in the history.
 *
 * @param {Record<string, string | number | null | undefined>} changes
 */
export function setQuery(changes) {
  history.replaceState(null, "", link(route.value.path, { ...route.value.query, ...changes }));
  route.value = read();
}
