// The list of traces: live, newest first, filtered by what the address says.
import { Icon } from "../components/icons.js";
import { Empty, Failure, Skeleton } from "../components/states.js";
import { Filters } from "../components/traces/filters.js";
import { useListing } from "../components/traces/list.js";
import { TraceRow } from "../components/traces/row.js";
import { plural } from "../format.js";
import { html, useEffect, useRef, useState } from "../lib.js";
import { useLive } from "../live.js";
import { link, route } from "../router.js";

export function TracesPage() {
  const { agent, status, q, minutes } = route.value.query;
  const chosen = { agent, status, q, minutes };
  const filtered = Boolean(agent || status || q || minutes);
  const { listing, refetch, more } = useListing(chosen);
  const [live, setLive] = useState(true);
  const [missed, setMissed] = useState(0);
  useLive(refetch, { enabled: live });
  useLive(async () => setMissed((n) => n + 1), { enabled: !live, everyMs: 0 });

  const toggle = () => {
    setLive(!live);
    setMissed(0);
    if (!live) void refetch();
  };
  return html`<main class="page traces" id="content">
    <div class="page-head traces-head">
      <h1>Traces</h1>
      <button class="switch" type="button" role="switch" aria-checked=${String(live)} onClick=${toggle}>
        <span class="switch-track"></span>${live ? "Live" : missed ? "Paused, there is news" : "Paused"}
      </button>
      <${Filters} agents=${listing.agents} />
    </div>
    ${listing.error
      ? html`<${Failure} error=${listing.error} retry=${refetch} />`
      : html`<${Rows} listing=${listing} filtered=${filtered} more=${more} />`}
  </main>`;
}

/**
 * @param {{ listing: import("../components/traces/list.js").Listing, filtered: boolean, more: () => Promise<void> }} props
 */
function Rows({ listing, filtered, more }) {
  const { traces, fresh, next, loaded } = listing;
  if (!loaded) return html`<div class="card traces-loading" aria-busy="true"><${Skeleton} lines=${9} height=${32} /></div>`;
  if (traces.length === 0 && next) {
    // A search stops after a while with what it has: nothing yet does not mean nothing.
    return html`<div class="card"><${Empty}
      title="Nothing so far, looking further back" /><${End} next=${next} count=${0} more=${more} /></div>`;
  }
  if (traces.length === 0 && filtered) {
    return html`<div class="card"><${Empty} title="No trace fits these filters"><a class="button"
      href=${link("/traces")}>Clear the filters</a><//></div>`;
  }
  if (traces.length === 0) {
    return html`<div class="card"><${Empty} icon="clock" title="No traces yet">
      <p>They appear here the moment the collector has stored them.</p><a class="button" href="#/">How to send the first one</a>
    <//></div>`;
  }
  // One run of hours must not make every other bar a dot: the bar is full at the list's 95th percentile.
  const times = traces.map((trace) => trace.duration_ms ?? 0).sort((a, b) => a - b);
  const full = Math.max(1, times[Math.floor((times.length - 1) * 0.95)]);
  return html`<div class="card traces-card">
    <table class="traces-table">
      <thead><tr>
        <th scope="col"><span class="visually-hidden">Status</span></th><th scope="col">Trace</th><th scope="col"
          class="num">Duration</th>
        <th scope="col">Spans, model and tool calls</th><th scope="col" class="num">Tokens</th><th scope="col"
          class="num">Cost</th><th scope="col" class="num">Started</th>
      </tr></thead>
      <tbody>${traces.map((trace) => html`<${TraceRow} key=${trace.trace_id} trace=${trace} full=${full}
        fresh=${fresh.has(trace.trace_id)} />`)}</tbody>
    </table>
    <${End} next=${next} count=${traces.length} more=${more} />
  </div>`;
}

/**
 * The list's end: it fetches the next page when it comes into view.
 *
 * @param {{ next: string | null, count: number, more: () => Promise<void> }} props
 */
function End({ next, count, more }) {
  const end = useRef(/** @type {HTMLDivElement | null} */ (null));
  useEffect(() => {
    if (!next || !end.current) return;
    const watcher = new IntersectionObserver(([entry]) => entry.isIntersecting && more(), { rootMargin: "400px" });
    watcher.observe(end.current);
    return () => watcher.disconnect();
  }, [next, more]);
  return html`<div class="traces-end muted" ref=${end}>
    ${next ? html`<button class="button is-quiet" type="button" onClick=${more}><${Icon}
      name="down" />Older traces</button>` : `${plural(count, "trace")}, and no older ones`}
  </div>`;
}
