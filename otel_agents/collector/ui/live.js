// The collector's live stream: who wants to know of a commit is told of it.
import { lost, revivals } from "./api.js";
import { effect, signal, useEffect, useRef } from "./lib.js";

/** @typedef {import("./types.js").Commit} Commit */

/** Whether commits are arriving: "on", or "waiting" for a connection. */
export const liveState = signal(/** @type {"on" | "waiting"} */ ("waiting"));

/** @type {Set<(commit: Commit) => void>} */
const listeners = new Set();
/** @type {EventSource | null} */
let source = null;

function open() {
  if (source) return;
  source = new EventSource("/api/v1/live");
  source.onopen = () => (liveState.value = "on");
  source.addEventListener("commit", (event) => {
    const commit = JSON.parse(event.data);
    for (const listener of listeners) listener(commit);
  });
  source.onerror = () => {
    // The browser's own retry is slow and gives up on some answers; /healthz says when to connect again.
    close();
    lost();
  };
}

function close() {
  source?.close();
  source = null;
  liveState.value = "waiting";
}

/** Nothing was listening for a while, so anything may have happened: everyone refetches. */
function catchUp() {
  for (const listener of listeners) listener({ spans: 0, traces: [] });
}

/** Opens the stream, and holds it only while the page is seen: a browser allows six connections to one host. */
export function startLive() {
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) close();
    else {
      open();
      catchUp();
    }
  });
  effect(() => {
    revivals.value;
    if (!document.hidden) open();
  });
}

/**
 * Calls `refetch` after commits, at most once in `everyMs`, and never before the last call has finished.
 *
 * @param {() => Promise<unknown>} refetch
 * @param {{ everyMs?: number, enabled?: boolean, when?: (commit: Commit) => boolean }} [options]
 */
export function useLive(refetch, { everyMs = 1000, enabled = true, when = () => true } = {}) {
  const latest = useRef({ refetch, when });
  latest.current = { refetch, when };
  useEffect(() => {
    if (!enabled) return;
    let timer = 0;
    let busy = false;
    let again = false;
    let last = 0;
    const run = async () => {
      timer = 0;
      busy = true;
      again = false;
      const started = performance.now();
      await latest.current.refetch();
      busy = false;
      // A slow answer (a long trace) earns a longer pause, so that watching never becomes the load.
      last = performance.now() + 3 * (performance.now() - started);
      if (again) schedule();
    };
    const schedule = () => {
      if (busy) again = true;
      else if (!timer) timer = window.setTimeout(run, Math.max(0, last + everyMs - performance.now()));
    };
    const listener = (/** @type {Commit} */ commit) => {
      if (commit.spans === 0 || latest.current.when(commit)) schedule();
    };
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
      clearTimeout(timer);
    };
  }, [enabled, everyMs]);
}
