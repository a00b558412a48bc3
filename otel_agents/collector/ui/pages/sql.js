// The SQL page: ask the spans anything, and follow the answer into a trace.
import { ApiError, fetchSavedQuery, fetchSchema, runSql } from "../api.js";
import { now } from "../clock.js";
import { Icon } from "../components/icons.js";
import { download, toCsv } from "../components/sql/csv.js";
import { Editor, insert } from "../components/sql/editor.js";
import { EXAMPLES } from "../components/sql/examples.js";
import { forget, history, remember } from "../components/sql/history.js";
import { Menu } from "../components/sql/menu.js";
import { errorPlace } from "../components/sql/place.js";
import { Results, sorted } from "../components/sql/results.js";
import { Saved } from "../components/sql/saved.js";
import { SchemaPanel } from "../components/sql/schema.js";
import { Skeleton } from "../components/states.js";
import { ago, duration, plural } from "../format.js";
import { html, useEffect, useMemo, useRef, useState } from "../lib.js";
import { useResource } from "../resource.js";
import { route, setQuery } from "../router.js";

/** @typedef {import("../types.js").QueryResult} QueryResult */
/** @typedef {{ sql: string, result: QueryResult } | { sql: string, error: Error } | null} Outcome */

const MAC = /Mac|iPhone|iPad/.test(navigator.platform);

/** @typedef {import("../types.js").SavedQuery} SavedQuery */

/** Runs queries one at a time; a new one ends the one before. */
function useQuery() {
  const [outcome, setOutcome] = useState(/** @type {Outcome} */ (null));
  const [busy, setBusy] = useState(false);
  const running = useRef(/** @type {AbortController | null} */ (null));
  const stop = () => {
    running.current?.abort();
    setBusy(false);
  };
  const run = async (/** @type {string} */ sql) => {
    running.current?.abort();
    const abort = (running.current = new AbortController());
    setBusy(true);
    try {
      const result = await runSql(sql, abort.signal);
      if (abort.signal.aborted) return;
      setOutcome({ sql, result });
      remember(sql, result.rows.length);
    } catch (cause) {
      if (abort.signal.aborted) return;
      setOutcome({ sql, error: /** @type {Error} */ (cause) });
      if (cause instanceof ApiError) remember(sql, null);
    }
    setBusy(false);
  };
  useEffect(() => stop, []);
  return { outcome, busy, run, stop };
}

export function SqlPage() {
  const { q: asked, saved } = route.value.query;
  const [sql, setSql] = useState(() => asked ?? history.value[0]?.sql ?? EXAMPLES[0].sql);
  const { outcome, busy, run, stop } = useQuery();
  const schema = useResource("schema", fetchSchema);
  const shownQuery = useRef(/** @type {string | undefined} */ (undefined));

  const [opened, setOpened] = useState(/** @type {SavedQuery | null} */ (null));
  const [missing, setMissing] = useState(/** @type {Error | null} */ (null));

  /** Runs a text. The address holds it, or the name it is saved under. @param {string} text @param {SavedQuery} [from] */
  const start = (text, from) => {
    if (!text.trim()) return;
    const query = from ?? (opened?.sql === text ? opened : null);
    setOpened(query);
    setMissing(null);
    setSql(text);
    shownQuery.current = text;
    setQuery(query ? { q: null, saved: query.name } : { q: text, saved: null });
    void run(text);
  };
  useEffect(() => {
    if (!saved || asked || saved === opened?.name) return;
    fetchSavedQuery(saved).then((query) => start(query.sql, query), setMissing);
  }, [saved, asked]);
  useEffect(() => {
    // A query that came by the address (a link, or the browser's back button) is run; one set by start() already was.
    if (asked && asked !== shownQuery.current) start(asked);
  }, [asked]);

  const error = outcome && "error" in outcome && outcome.sql === sql ? outcome.error : missing;
  const bad = error ? errorPlace(sql, error.message) : null;
  const pick = (/** @type {string} */ name) => insert(/** @type {HTMLTextAreaElement} */ (document.getElementById("sql")), name);
  /** A list whose choice closes the menu and runs. @param {typeof Examples} List */
  const choosing = (List) => (/** @type {() => void} */ close) => {
    const onChoose = (/** @type {string} */ text) => {
      close();
      start(text);
    };
    return html`<${List} onChoose=${onChoose} />`;
  };
  return html`<main class="page sql-page" id="content">
    <h1 class="visually-hidden">SQL</h1>
    <${SchemaPanel} schema=${schema.data} onPick=${pick} />
    <div class="sql-main">
      <section class="card query" aria-label="Query">
        ${opened && html`<h2 class="query-name"><${Icon} name="save" />${opened.name}
          ${opened.sql !== sql && html`<small>changed</small>`}</h2>`}
        <${Editor} sql=${sql} onSql=${setSql} onRun=${() => start(sql)} bad=${bad} />
        ${error && html`<${Fault} error=${error} />`}
        <div class="query-bar">
          ${busy
            ? html`<button class="button" type="button" onClick=${stop}><${Icon} name="cross" />Stop</button>`
            : html`<button class="button is-primary" type="button" onClick=${() => start(sql)}><${Icon}
              name="play" />Run<kbd>${MAC ? "⌘" : "Ctrl"} ↵</kbd></button>`}
          <${Menu} label="Examples" icon="search">${choosing(Examples)}<//>
          <${Menu} label="Saved" icon="save">${(/** @type {() => void} */ close) => html`<${Saved} sql=${sql}
            opened=${opened}
            onSaved=${(/** @type {SavedQuery} */ query) => {
              setOpened(query);
              setQuery({ q: null, saved: query.name });
            }}
            onOpen=${(/** @type {SavedQuery} */ query) => {
              close();
              start(query.sql, query);
            }} />`}<//>
          <${Menu} label="History" icon="history">${choosing(History)}<//>
          <div class="columns-menu">
            <${Menu} label="Columns" icon="table">${() => html`<${SchemaPanel} schema=${schema.data} onPick=${pick} />`}<//>
          </div>
        </div>
      </section>
      <${Answer} outcome=${outcome} busy=${busy} onChoose=${start} />
    </div>
  </main>`;
}

/** @param {{ error: Error }} props */
function Fault({ error }) {
  const hint = error instanceof ApiError ? error.fault.hint : null;
  return html`<div class="fault" role="alert"><${Icon}
    name="alert" /><div><p>${error.message}</p>${hint && html`<p class="fault-hint">${hint}</p>`}</div></div>`;
}

/** @param {{ onChoose: (sql: string) => void }} props */
const Examples = ({ onChoose }) => html`<ul class="choices">${EXAMPLES.map(
  ({ title, about, sql }) => html`<li key=${title}><button type="button"
    onClick=${() => onChoose(sql)}><strong>${title}</strong><small>${about}</small></button></li>`,
)}</ul>`;

/** @param {{ onChoose: (sql: string) => void }} props */
function History({ onChoose }) {
  if (history.value.length === 0) return html`<p class="choices-none muted">Queries you run are kept here, in this browser.</p>`;
  return html`<ul class="choices">
    ${history.value.map(
      ({ sql, at, rows }) => html`<li key=${sql}><button type="button" onClick=${() => onChoose(sql)}><code
        class="truncate">${sql}</code>
        <small>${ago(at, now.value)}, ${rows === null ? "failed" : plural(rows, "row")}</small></button></li>`,
    )}
    <li><button type="button" class="choices-clear" onClick=${forget}>Forget them all</button></li>
  </ul>`;
}

/** @param {{ outcome: Outcome, busy: boolean, onChoose: (sql: string) => void }} props */
function Answer({ outcome, busy, onChoose }) {
  const [sort, setSort] = useState(/** @type {import("../components/sql/results.js").Sort} */ (null));
  const result = outcome && "result" in outcome ? outcome.result : null;
  useEffect(() => setSort(null), [result]);
  const rows = useMemo(() => (result ? sorted(result.rows, sort) : []), [result, sort]);
  if (busy && !result) return html`<section class="card answer" aria-busy="true"><div
    class="answer-wait"><${Skeleton} lines=${8} height=${16} /></div></section>`;
  if (!result) return html`<section class="card answer" aria-label="Examples"><h2
    class="answer-title">Questions to start from</h2><${Examples} onChoose=${onChoose} /></section>`;
  return html`<section class=${`card answer ${busy ? "is-busy" : ""}`} aria-label="Answer" aria-busy=${String(busy)}>
    <div class="answer-head tabular">
      <p role="status"><strong>${plural(result.rows.length, "row")}</strong> in ${duration(result.elapsed_ms)}
        ${result.truncated && html`<span class="truncated"><${Icon}
          name="warning" />cut off: there are more rows than are shown</span>`}</p>
      <button class="button is-small" type="button" disabled=${rows.length === 0}
        onClick=${() => download("otel-agents.csv", toCsv(result.columns, rows))}><${Icon}
        name="download" />CSV</button>
    </div>
    <${Results} result=${result} rows=${rows} sort=${sort} onSort=${setSort} />
  </section>`;
}
