// A span's attributes: sorted, filterable, each to be copied.
import { asText, exact } from "../../format.js";
import { html, useState } from "../../lib.js";
import { Copy } from "../copy.js";
import { SearchField } from "../field.js";
import { Empty } from "../states.js";
import { Value } from "./prose.js";

/** Values longer than this open on demand. */
const LONG = 240;

/** @param {{ value: unknown }} props */
function AttributeValue({ value }) {
  const text = asText(value) ?? "null";
  if (text.length <= LONG) return html`<span class=${`attr-value is-${value === null ? "null" : typeof value}`}>${text}</span>`;
  return html`<details class="fold"><summary><span
    class="attr-preview truncate">${text.slice(0, LONG)}</span><span
    class="muted">${exact(text.length)} letters</span></summary><${Value} value=${value} /></details>`;
}

/** @param {{ attributes: import("../../types.js").Attributes }} props */
export function AttributeList({ attributes }) {
  const entries = Object.entries(attributes).sort(([a], [b]) => a.localeCompare(b));
  return html`<dl class="attrs">${entries.map(
    ([key, value]) => html`<div key=${key}><dt>${key}</dt><dd><${AttributeValue} value=${value} /><${Copy}
      text=${asText(value) ?? ""} label=${`Copy ${key}`} /></dd></div>`,
  )}</dl>`;
}

/** @param {{ attributes: import("../../types.js").Attributes }} props */
export function Attributes({ attributes }) {
  const [text, setText] = useState("");
  const wanted = text.toLowerCase();
  const fits = (/** @type {[string, unknown]} */ [key, value]) => `${key}\n${asText(value)}`.toLowerCase().includes(wanted);
  const shown = Object.fromEntries(Object.entries(attributes).filter(fits));
  return html`
    <${SearchField} label="Filter attributes" placeholder="Filter keys and values" value=${text} onText=${setText} />
    ${Object.keys(shown).length ? html`<${AttributeList} attributes=${shown} />` : html`<${Empty}
      title=${text ? "No attribute fits" : "No attributes were recorded"} />`}`;
}
