// A value fetched from the API for a page: loading, failed or there, fetched anew when its key changes.
import { Unreachable, revivals } from "./api.js";
import { useCallback, useEffect, useRef, useState } from "./lib.js";

/**
 * @template T
 * @typedef {{ data: T | null, error: Error | null, refetch: () => Promise<void> }} Resource
 */

/**
 * @template T
 * @param {string} key what is asked for; a new key forgets the old value
 * @param {(abort: AbortSignal) => Promise<T>} load
 * @param {{ keep?: boolean }} [options] keep: show the old value until the new key's has come
 * @returns {Resource<T>}
 */
export function useResource(key, load, { keep = false } = {}) {
  const [state, setState] = useState(
    /** @type {{ key: string, data: T | null, error: Error | null }} */ ({ key, data: null, error: null }),
  );
  const latest = useRef(load);
  latest.current = load;
  const running = useRef(/** @type {AbortController | null} */ (null));

  const refetch = useCallback(async () => {
    running.current?.abort();
    const abort = (running.current = new AbortController());
    try {
      const data = await latest.current(abort.signal);
      if (!abort.signal.aborted) setState({ key, data, error: null });
    } catch (cause) {
      if (abort.signal.aborted) return;
      const error = /** @type {Error} */ (cause);
      // What was shown stays on the page while the collector is away.
      setState((old) => (error instanceof Unreachable && old.key === key ? old : { key, data: null, error }));
    }
  }, [key]);

  useEffect(() => {
    void refetch();
    return () => running.current?.abort();
  }, [refetch, revivals.value]);

  const current = keep || state.key === key;
  return { data: current ? state.data : null, error: current ? state.error : null, refetch };
}
