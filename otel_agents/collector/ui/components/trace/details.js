// The panel beside the waterfall: everything about the selected span, in tabs.
import { seconds } from "../../clock.js";
import { duration } from "../../format.js";
import { html, useRef, useState } from "../../lib.js";
import { traceLink } from "../../router.js";
import { TYPE_LABELS, TypeIcon, knownType } from "../chips.js";
import { Json } from "../code.js";
import { Copy } from "../copy.js";
import { Icon } from "../icons.js";
import { AttributeList, Attributes } from "./attributes.js";
import { Events } from "./events.js";
import { SpanName } from "./row.js";
import { Summary } from "./summary.js";
import { lasted, stateOf } from "./tree.js";

/** @typedef {import("../../types.js").Span} Span */
/** @typedef {import("./tree.js").TreeNode} TreeNode */
/** @typedef {"summary" | "attributes" | "events" | "links" | "raw"} TabName */

/** The tabs a span has. @param {Span} span @returns {[TabName, string, number | null][]} */
function tabsOf(span) {
  const tabs = /** @type {[TabName, string, number | null][]} */ ([
    ["summary", span.type === "model" ? "Chat" : "Summary", null],
    ["attributes", "Attributes", Object.keys(span.attributes).length],
    ["events", span.status === "error" ? "Errors & events" : "Events", span.events.length],
    ["links", "Links", span.links.length],
    ["raw", "Raw", null],
  ]);
  return tabs.filter(([name]) => name !== "links" || span.links.length > 0);
}

/** @param {{ tabs: [TabName, string, number | null][], tab: TabName, onTab: (tab: TabName) => void }} props */
function TabList({ tabs, tab, onTab }) {
  const list = useRef(/** @type {HTMLDivElement | null} */ (null));
  const onKeyDown = (/** @type {KeyboardEvent} */ event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const next = (tabs.findIndex(([name]) => name === tab) + step + tabs.length) % tabs.length;
    onTab(tabs[next][0]);
    /** @type {HTMLElement} */ (list.current?.children[next]).focus();
  };
  return html`<div class="tabs" role="tablist" aria-label="About the span" ref=${list} onKeyDown=${onKeyDown}>
    ${tabs.map(
      ([name, label, count]) => html`<button key=${name} type="button" role="tab" id=${`tab-${name}`}
        aria-selected=${String(name === tab)} aria-controls="tab-panel" tabindex=${name === tab ? 0 : -1}
        onClick=${() => onTab(name)}>
        ${label}${count !== null && count > 0 && html`<span class="tab-count tabular">${count}</span>`}
      </button>`,
    )}
  </div>`;
}

/** @param {{ span: Span }} props */
function Links({ span }) {
  return html`<ul class="links">${span.links.map(
    (one, i) => html`<li key=${i}>
      <p>
        <${Icon} name="link" />
        <a href=${traceLink(one.trace_id, one.span_id)}>span <code>${one.span_id}</code></a> in trace <code>${one.trace_id}</code>
      </p>
      ${Object.keys(one.attributes).length > 0 && html`<${AttributeList} attributes=${one.attributes} />`}
    </li>`,
  )}</ul>`;
}

/** @param {{ span: Span }} props */
function Raw({ span }) {
  return html`
    <section><h3>Resource</h3><${AttributeList} attributes=${span.resource} /></section>
    <section class="raw"><h3>Span <${Copy} text=${() => JSON.stringify(span, null, 2)}
      label="Copy the span as JSON" shown="Copy JSON" /></h3><${Json} value=${span} /></section>`;
}

/** @param {{ span: Span }} props */
function Lasted({ span }) {
  const state = stateOf(span);
  if (state === "abandoned") return html`<span><b class="abandoned">abandoned</b></span>`;
  if (state === "running") return html`<span><b class="running">running for ${duration(lasted(span, seconds.value))}</b></span>`;
  return html`<span>${duration(span.duration_ms)}</span>`;
}

/** @param {{ traceId: string, node: TreeNode, span: Span, onClose: () => void }} props */
export function Details({ traceId, node, span, onClose }) {
  const [wanted, setTab] = useState(/** @type {TabName} */ ("summary"));
  const tabs = tabsOf(span);
  const tab = tabs.some(([name]) => name === wanted) ? wanted : "summary";
  const type = knownType(span.type);
  const stack = span.events.some((event) => event.attributes["exception.stacktrace"]);
  const onStack = stack ? () => setTab("events") : null;
  return html`<section class=${`details type-${type}`} aria-label="Selected span">
    <header class="details-head">
      <div class="details-title">
        <span class="details-icon"><${TypeIcon} type=${type} /></span>
        <h2><${SpanName} span=${span} /></h2>
        <button class="icon-button is-quiet close" type="button" aria-label="Close the details" onClick=${onClose}><${Icon}
          name="cross" /></button>
      </div>
      <p class="details-meta tabular">
        <span>${TYPE_LABELS[type]}</span>
        <${Lasted} span=${span} />
        <span>at +${duration(span.offset_ms)}</span>
        <span class="trace-id"><code>${span.span_id}</code><${Copy} text=${span.span_id} label="Copy the span id" /></span>
      </p>
      <${TabList} tabs=${tabs} tab=${tab} onTab=${setTab} />
    </header>
    <div class=${`tab-panel is-${tab}`} role="tabpanel" id="tab-panel" aria-labelledby=${`tab-${tab}`} tabindex="0"
      key=${`${span.span_id} ${tab}`}>
      ${tab === "summary" && html`<${Summary} traceId=${traceId} node=${node} span=${span} onStack=${onStack} />`}
      ${tab === "attributes" && html`<${Attributes} attributes=${span.attributes} />`}
      ${tab === "events" && html`<${Events} span=${span} />`}
      ${tab === "links" && html`<${Links} span=${span} />`}
      ${tab === "raw" && html`<${Raw} span=${span} />`}
    </div>
  </section>`;
}
