// The state of the list of traces: pages fetched so far, and what is new at its head.
import { fetchTraces, revivals, Unreachable } from "../../api.js";
import { useCallback, useEffect, useRef, useState } from "../../lib.js";

/** @typedef {import("../../types.js").TraceSummary} TraceSummary */
/**
 * @typedef {{
 *   traces: TraceSummary[], next: string | null, agents: string[], fresh: Set<string>, loaded: boolean, error: Error | null,
 * }} Listing
 */
/** @typedef {{ agent?: string, status?: string, q?: string, minutes?: string }} Chosen */

const PAGE = 50;
/** @type {Listing} */
const EMPTY = { traces: [], next: null, agents: [], fresh: new Set(), loaded: false, error: null };

/**
 * The newest page over what was there: known traces are renewed in place, others come on top.
 *
 * @param {Listing} old
 * @param {import("../../types.js").TraceList} page
 * @returns {Listing}
 */
export function merge(old, page) {
  const { traces, next, agents } = page;
  const known = new Set(old.traces.map((trace) => trace.trace_id));
  const arrived = traces.filter((trace) => !known.has(trace.trace_id)).map((trace) => trace.trace_id);
  const here = new Set(traces.map((trace) => trace.trace_id));
  const last = traces.at(-1);
  // Whatever is newer than the page's end and not on it has left the list; what is older stays as it was.
  const isOlder = (/** @type {TraceSummary} */ trace) => !last || (trace.start_time < last.start_time && !here.has(trace.trace_id));
  const older = next ? old.traces.filter(isOlder) : [];
  // When all of the page is new there may be a gap behind it, so the older pages are fetched again on demand.
  const joined = !last || arrived.length < traces.length ? older : [];
  return {
    traces: [...traces, ...joined],
    next: joined.length ? old.next : next,
    agents,
    fresh: old.loaded ? new Set(arrived) : new Set(),
    loaded: true,
    error: null,
  };
}

/** @param {Chosen} chosen */
export function useListing(chosen) {
  const key = JSON.stringify(chosen);
  const [listing, setListing] = useState(EMPTY);
  const running = useRef(/** @type {AbortController | null} */ (null));
  const loadingMore = useRef(false);

  const refetch = useCallback(async () => {
    running.current?.abort();
    const abort = (running.current = new AbortController());
    try {
      const page = await fetchTraces({ ...JSON.parse(key), limit: PAGE }, abort.signal);
      if (!abort.signal.aborted) setListing((old) => merge(old, page));
    } catch (cause) {
      if (abort.signal.aborted || cause instanceof Unreachable) return;
      setListing((old) => ({ ...old, loaded: true, error: /** @type {Error} */ (cause) }));
    }
  }, [key]);

  useEffect(() => {
    // Another filter is another list; the agents to choose from stay.
    setListing((old) => ({ ...EMPTY, agents: old.agents }));
    void refetch();
    return () => running.current?.abort();
  }, [key]);
  useEffect(() => {
    if (revivals.value) void refetch();
  }, [revivals.value]);

  const more = useCallback(async () => {
    if (!listing.next || loadingMore.current) return;
    loadingMore.current = true;
    try {
      const page = await fetchTraces({ ...JSON.parse(key), limit: PAGE, before: listing.next }, running.current?.signal);
      setListing((old) => {
        const known = new Set(old.traces.map((trace) => trace.trace_id));
        const added = page.traces.filter((trace) => !known.has(trace.trace_id));
        return { ...old, traces: [...old.traces, ...added], next: page.next, fresh: new Set() };
      });
    } catch {
      // Gone away, or another filter was chosen meanwhile: the button is still there.
    } finally {
      loadingMore.current = false;
    }
  }, [key, listing.next]);

  return { listing, refetch, more };
}
