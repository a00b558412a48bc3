// Alerts: what fires now, who looks after it, what is silenced, what was, and by which rules.
import { acknowledge, fetchAlerts, silence } from "../api.js";
import { AlertRows, Severity } from "../components/alerts/list.js";
import { Empty, Failure, Skeleton } from "../components/states.js";
import { moment, plural } from "../format.js";
import { html, useEffect, useState } from "../lib.js";
import { useResource } from "../resource.js";

/** @typedef {import("../types.js").Alerts} Alerts */
/** @typedef {import("../types.js").Alert} Alert */

const EVERY_MS = 5000;

/** Fetches while the page is seen. @param {() => Promise<void>} refetch */
export function useEvery(refetch) {
  useEffect(() => {
    const timer = setInterval(() => document.hidden || refetch(), EVERY_MS);
    return () => clearInterval(timer);
  }, [refetch]);
}

export function AlertsPage() {
  const { data, error, refetch } = useResource("alerts", fetchAlerts);
  const [fault, setFault] = useState(/** @type {Error | null} */ (null));
  useEvery(refetch);

  /** @param {Promise<unknown>} asked */
  const run = (asked) => asked.then(() => setFault(null), setFault).then(refetch);
  const act = (/** @type {Alert} */ alert, /** @type {string} */ what) =>
    run(what === "acknowledge" ? acknowledge(alert.name, alert.subject) : silence(alert.name, alert.subject, 60));

  if (error) return html`<main class="page" id="content"><${Failure} error=${error} retry=${refetch} /></main>`;
  if (!data) return html`<main class="page" id="content" aria-busy="true"><div class="card loading-card"><${Skeleton} lines=${5} /></div></main>`;
  if (!data.watched) {
    return html`<main class="page" id="content"><div class="card"><${Empty} icon="idle" title="Nobody watches">
      <p>This collector was started with <code>alerts = false</code>.</p><//></div></main>`;
  }
  return html`<main class="page alerts" id="content">
    <div class="page-head"><h1>Alerts</h1></div>
    ${fault && html`<div class="banner" role="alert"><p>${fault.message}</p></div>`}
    <section class="card" aria-label="Now">
      ${data.alerts.length === 0
        ? html`<${Empty} icon="healthy" title="Nothing fires">${plural(data.rules.length + Object.keys(data.thresholds).length, "rule")} are looked at every few seconds.<//>`
        : html`<${AlertRows} alerts=${data.alerts} label="Alerts now" act=${act} />`}
    </section>
    ${data.silences.length > 0 && html`<${Silences} silences=${data.silences}
      end=${(/** @type {Alerts["silences"][0]} */ one) => run(silence(one.name, one.subject, 0))} />`}
    <div class="alert-columns">
      <section class="card" aria-label="History">
        <div class="card-head"><h2>History</h2></div>
        ${data.history.length === 0
          ? html`<${Empty} icon="history" title="Nothing has fired yet" />`
          : html`<${AlertRows} alerts=${data.history} label="What was" />`}
      </section>
      <${Rules} told=${data} />
    </div>
  </main>`;
}

/** @param {{ silences: Alerts["silences"], end: (one: Alerts["silences"][0]) => void }} props */
function Silences({ silences, end }) {
  return html`<section class="card" aria-label="Silences">
    <div class="card-head"><h2>Silences</h2></div>
    <ul class="alert-rows">${silences.map(
      (one) => html`<li key=${`${one.name} ${one.subject}`}>
        <div class="alert-body">
          <p class="alert-message">${one.name ?? "Every alert"}${one.subject ? ` of ${one.subject}` : ""}</p>
          <p class="alert-facts muted"><span>until ${moment(new Date(one.until * 1000).toISOString())}</span><span>by ${one.by}</span></p>
        </div>
        <div class="alert-acts"><button class="button is-small" type="button" onClick=${() => end(one)}>End</button></div>
      </li>`,
    )}</ul>
  </section>`;
}

/** @type {Record<string, (limit: number) => string>} */
const THRESHOLDS = {
  error_rate: (limit) => `More than ${limit} % of requests fail, in 5 minutes`,
  response_time: (limit) => `A request takes more than ${limit} s on average, in 5 minutes`,
  failure_count: (limit) => `More than ${limit} failures in 5 minutes`,
};

/** @param {{ told: Alerts }} props */
function Rules({ told }) {
  return html`<section class="card" aria-label="Rules">
    <div class="card-head"><h2>Rules</h2></div>
    <ul class="alert-rows">
      ${Object.entries(told.thresholds).map(
        ([name, limit]) => html`<li key=${name}><div class="alert-body"><p class="alert-message">${name}</p>
          <p class="alert-facts muted"><span>${THRESHOLDS[name]?.(limit) ?? `Above ${limit}`}</span></p></div></li>`,
      )}
      ${told.rules.map(
        (rule) => html`<li key=${`rule ${rule.name}`}><div class="alert-body"><p class="alert-message">${rule.name}</p>
          <p class="alert-facts"><code>${rule.expression}</code></p></div><${Severity} severity=${rule.severity} /></li>`,
      )}
    </ul>
    ${told.channels.length > 0 && html`<div class="card-head"><h2>Channels</h2></div>
      <ul class="alert-rows">${told.channels.map(
        ({ name, sent = 0, failed = 0, dropped = 0 }) => html`<li key=${name}><div class="alert-body">
          <p class="alert-message">${name}</p>
          <p class="alert-facts muted"><span>${plural(sent, "notice")} sent</span>${failed + dropped > 0 && html`<span
            class="is-error">${failed + dropped} not</span>`}</p></div></li>`,
      )}</ul>`}
  </section>`;
}
