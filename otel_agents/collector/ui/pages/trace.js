// One trace: its head, the waterfall of its spans and the details of the selected one.
import { ApiError, fetchTrace } from "../api.js";
import { now, seconds } from "../clock.js";
import { Icon } from "../components/icons.js";
import { Splitter } from "../components/splitter.js";
import { Empty, Failure, Skeleton } from "../components/states.js";
import { Details } from "../components/trace/details.js";
import { TraceHead } from "../components/trace/head.js";
import { Toolbar } from "../components/trace/toolbar.js";
import { ancestors, buildTree, foldable, stateOf, traceLength, visibleRows } from "../components/trace/tree.js";
import { Waterfall } from "../components/trace/waterfall.js";
import { exact } from "../format.js";
import { html, useEffect, useMemo, useState } from "../lib.js";
import { useLive } from "../live.js";
import { useResource } from "../resource.js";
import { lastList, route, setQuery } from "../router.js";

/** @typedef {import("../types.js").Span} Span */
/** @typedef {import("../types.js").Trace} Trace */

/** The live stream names at most this many traces a commit. */
const NAMED_AT_MOST = 50;
const WAIT_MS = 60_000;
/** Below this width the details cover the waterfall, so nothing is selected until someone does. */
const wide = matchMedia("(min-width: 641px)");

/** What a search looks through. @param {Span} span */
const searched = ({ name, agent, tool, model, error_type, status_message }) =>
  [name, agent, tool, model, error_type, status_message].join("\n").toLowerCase();

/** @param {{ id: string }} props */
export function TracePage({ id }) {
  const { data, error, refetch } = useResource(id, (abort) => fetchTrace(id, abort));
  useLive(refetch, { when: (commit) => commit.traces.includes(id) || commit.traces.length >= NAMED_AT_MOST });

  if (data) return html`<${Explorer} trace=${data} />`;
  if (error instanceof ApiError && error.status === 404) {
    return html`<main class="page" id="content"><div class="card"><${Empty} title="There is no trace with this id">
      <p>It may not have arrived yet: this page shows it as soon as it does.</p><a class="button" href="#/traces">All traces</a>
    <//></div></main>`;
  }
  if (error) return html`<main class="page" id="content"><${Failure} error=${error} retry=${refetch} /></main>`;
  return html`<main class="trace-page" id="content" aria-busy="true">
    <div class="trace-head"><${Skeleton} lines=${3} height=${16} /></div>
    <div class="trace-panes"><div class="wf-pane"><${Skeleton} lines=${14} height=${20} /></div></div>
  </main>`;
}

/** @param {{ trace: Trace }} props */
function Explorer({ trace }) {
  const { spans, summary } = trace;
  const tree = useMemo(() => buildTree(spans), [spans]);
  const [folded, setFolded] = useState(/** @type {ReadonlySet<string>} */ (new Set()));
  const rows = useMemo(() => visibleRows(tree, folded), [tree, folded]);
  const [text, setText] = useState("");
  const found = useMemo(() => findSpans(spans, text), [spans, text]);
  const state = stateOfTrace(spans);
  const at = state === "running" ? seconds.value : now.value;
  const length = traceLength(spans, at);
  // What comes late comes within a minute: then nobody waits for a parent any more.
  const waiting = state === "running" || at - Date.parse(summary.start_time) - length < WAIT_MS;

  const asked = route.value.query.span;
  const first = tree.roots.find((node) => node.span)?.id ?? spans[0]?.span_id;
  const selected = asked && tree.byId.has(asked) ? asked : wide.matches ? first : null;
  const node = selected ? tree.byId.get(selected) : undefined;

  const select = (/** @type {string | null} */ id) => setQuery({ span: id });
  const reveal = (/** @type {string} */ id) => {
    const above = ancestors(/** @type {import("../components/trace/tree.js").TreeNode} */ (tree.byId.get(id)));
    setFolded((old) => without(old, above));
    select(id);
  };
  const next = (/** @type {string[]} */ ids) => ids.length > 0 && reveal(ids[(ids.indexOf(selected ?? "") + 1) % ids.length]);
  const fold = (/** @type {string} */ id) => setFolded((old) => (old.has(id) ? without(old, [id]) : new Set([...old, id])));
  const all = useMemo(() => foldable(tree), [tree]);
  const allFolded = all.length > 0 && all.every((id) => folded.has(id));

  useEffect(() => {
    const onKey = (/** @type {KeyboardEvent} */ event) => {
      if (event.key === "Escape" && !wide.matches && asked) select(null);
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [asked]);

  return html`<main class="trace-page" id="content">
    <${TraceHead} summary=${summary} state=${state} spans=${spans} lasted=${length} back=${lastList()} />
    ${spans.length < summary.spans && html`<p class="trace-cut"><${Icon}
      name="warning" />The first ${exact(spans.length)} of ${exact(summary.spans)} spans are shown; SQL reads them all.</p>`}
    <div class=${`trace-panes ${node?.span ? "has-details" : ""}`}>
      <section class="wf-pane" aria-label="Waterfall">
        <${Toolbar} spans=${spans} errors=${tree.errors.length} text=${text} found=${found.size} onText=${setText}
          allFolded=${allFolded}
          onNextFound=${() => next([...found])} onNextError=${() => next(tree.errors)} onFoldAll=${() => setFolded(new Set(allFolded ? [] : all))} />
        <${Waterfall} rows=${rows} length=${length} now=${at} waiting=${waiting} selected=${selected} folded=${folded} found=${found} onSelect=${select}
          onFold=${fold} onEnter=${() => document.getElementById("tab-panel")?.focus()} />
      </section>
      ${node?.span && html`<${Splitter} /><${Details} traceId=${trace.trace_id} node=${node} span=${node.span}
        onClose=${() => select(null)} />`}
    </div>
  </main>`;
}

/** @param {Span[]} spans @returns {"running" | "abandoned" | null} */
function stateOfTrace(spans) {
  const states = new Set(spans.map(stateOf));
  return states.has("running") ? "running" : states.has("abandoned") ? "abandoned" : null;
}

/** @param {ReadonlySet<string>} ids @param {string[]} gone @returns {ReadonlySet<string>} */
const without = (ids, gone) => new Set([...ids].filter((id) => !gone.includes(id)));

/** @param {Span[]} spans @param {string} text @returns {ReadonlySet<string>} */
function findSpans(spans, text) {
  const wanted = text.trim().toLowerCase();
  return new Set(wanted ? spans.filter((span) => searched(span).includes(wanted)).map((span) => span.span_id) : []);
}
