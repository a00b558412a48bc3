// What agents say to each other and decide: hand-overs, messages with their measures, routes.
import { bytes, count, duration } from "../../format.js";
import { html } from "../../lib.js";
import { Icon } from "../icons.js";

/** @typedef {import("../../types.js").Span} Span */
/** @typedef {import("../../types.js").SpanEvent} SpanEvent */
/** @typedef {import("../../types.js").Attributes} Attributes */

const MESSAGE = "otel_agents.message.";
const ROUTE = "otel_agents.route";

/** @param {Attributes} attributes @param {string} key */
const text = (attributes, key) => (attributes[key] === undefined ? null : String(attributes[key]));

/** @param {Attributes} attributes @param {string} key */
const number = (attributes, key) => (typeof attributes[key] === "number" ? attributes[key] : null);

/** Who hands over or writes to whom; the type of a message is null for a hand-over. @param {Span} span */
export function passage({ attributes, agent }) {
  return {
    from: text(attributes, "otel_agents.handoff.from") ?? text(attributes, `${MESSAGE}source`) ?? agent ?? "?",
    to: text(attributes, "otel_agents.handoff.to") ?? text(attributes, `${MESSAGE}target`) ?? "?",
    reason: text(attributes, "otel_agents.handoff.reason"),
    type: text(attributes, `${MESSAGE}type`),
  };
}

/** The measures of a message that were recorded. @param {Span} span @returns {[name: string, text: string][]} */
function measures({ attributes }) {
  const of = (/** @type {string} */ name) => number(attributes, MESSAGE + name);
  const seconds = (/** @type {string} */ name) => ((value) => value !== null && duration(value * 1000))(of(name));
  const size = (/** @type {number | null} */ value) => value !== null && bytes(value);
  const relevance = of("context_relevance");
  /** @type {[string, string | false][]} */
  const all = [
    ["Size", size(number(attributes, "messaging.message.body.size"))],
    ["Waited", seconds("queue_time")],
    ["Worked on", seconds("processing_time")],
    ["Answered after", seconds("response_time")],
    ["Answer", size(of("reply_size"))],
    ["Context", size(of("context_size"))],
    ["Relevance", relevance !== null && String(relevance)],
    ["Retries", of("retries") !== null && count(of("retries"))],
    ["Errors", of("errors") !== null && count(of("errors"))],
  ];
  return /** @type {[string, string][]} */ (all.filter(([, shown]) => shown !== false));
}

/** @param {{ span: Span }} props */
export function Passage({ span }) {
  const { from, to, reason, type } = passage(span);
  const said = type === null ? (reason ?? html`<span class="muted">No reason was recorded.</span>`) : type;
  return html`<figure class="handover" aria-label=${`${from} ${type === null ? "hands over" : "writes"} to ${to}`}>
    <div class="handover-line"><span class="chip">${from}</span><${Icon} name="message" /><span class="chip">${to}</span></div>
    <figcaption>${said}</figcaption>
    ${type !== null && html`<dl class="price">${measures(span).map(([name, shown]) => html`<div
      key=${name}><dt>${name}</dt><dd class="tabular">${shown}</dd></div>`)}</dl>`}
  </figure>`;
}

/** @param {{ attributes: Attributes }} props */
function Route({ attributes }) {
  const listed = attributes[`${ROUTE}.candidates`];
  const names = Array.isArray(listed) ? listed.map(String) : Object.keys(listed ?? {});
  const selected = text(attributes, `${ROUTE}.selected`) ?? "?";
  const others = names.filter((name) => name !== selected);
  const reason = text(attributes, `${ROUTE}.reason`);
  return html`<div>
    <dt class="truncate">${selected}</dt>
    <dd><b class="tabular">${text(attributes, `${ROUTE}.score`)}</b>${reason && html`<span>${reason}</span>`}${others.length > 0
      && html`<span class="muted">not ${others.join(", ")}</span>`}</dd>
  </div>`;
}

/** What was chosen to go on, and why. @param {{ span: Span }} props */
export function Routes({ span }) {
  const routes = span.events.filter((event) => event.name === ROUTE);
  return routes.length > 0 && html`<section class="evaluations" aria-label="Routes">
    <h3>Chosen</h3>
    <dl>${routes.map((event, i) => html`<${Route} key=${i} attributes=${event.attributes} />`)}</dl>
  </section>`;
}
