// Text that a person or a model wrote: paragraphs, code between fences, `code` and **bold**; nothing else is interpreted.
import { html, useState } from "../../lib.js";
import { exact } from "../../format.js";
import { Json } from "../code.js";
import { parsed } from "./values.js";

/** Longer texts are folded to this many letters. */
const FOLDED = 1800;
const FENCE = /^```[^\n]*\n([\s\S]*?)(?:^```[ \t]*$|$(?![\s\S]))/gm;
const INLINE = /`([^`\n]+)`|\*\*([^*\n]+)\*\*/g;

/** @param {string} text */
function inline(text) {
  const parts = [];
  let end = 0;
  for (const match of text.matchAll(INLINE)) {
    parts.push(text.slice(end, match.index));
    parts.push(match[1] === undefined ? html`<strong>${match[2]}</strong>` : html`<code class="inline">${match[1]}</code>`);
    end = match.index + match[0].length;
  }
  return [...parts, text.slice(end)];
}

/** @param {string} text */
function blocks(text) {
  const parts = [];
  let end = 0;
  const paragraph = (/** @type {string} */ words) => words.trim() && parts.push(html`<p>${inline(words.trim())}</p>`);
  for (const match of text.matchAll(FENCE)) {
    paragraph(text.slice(end, match.index));
    parts.push(html`<pre class="code">${match[1].replace(/\n$/, "")}</pre>`);
    end = match.index + match[0].length;
  }
  paragraph(text.slice(end));
  return parts;
}

/** A long text shows its beginning, and the rest when asked. @param {{ text: string, children: (shown: string) => unknown }} props */
function Folded({ text, children }) {
  const [whole, setWhole] = useState(text.length <= FOLDED);
  return html`${children(whole ? text : text.slice(0, FOLDED))}
    ${text.length > FOLDED && html`<button class="button is-small more" type="button" onClick=${() => setWhole(!whole)}>
      ${whole ? "Show less" : `… show all ${exact(text.length)} letters`}
    </button>`}`;
}

/** @param {{ text: string }} props */
export const Prose = ({ text }) => html`<div class="prose"><${Folded} text=${text}>${blocks}<//></div>`;

/** @param {{ text: string }} props */
export const Plain = ({ text }) => html`<${Folded} text=${text}>${(/** @type {string} */ shown) => html`<pre
  class="code">${shown}</pre>`}<//>`;

/** Arguments, results and attributes: JSON when it is JSON, also inside text; otherwise plain. @param {{ value: unknown }} props */
export function Value({ value }) {
  const meant = parsed(value);
  if (meant === undefined || meant === null || meant === "") return html`<p class="muted">nothing</p>`;
  if (typeof meant === "string") return html`<${Plain} text=${meant} />`;
  const text = JSON.stringify(meant, null, 2);
  return text.length > 4 * FOLDED ? html`<${Plain} text=${text} />` : html`<${Json} value=${meant} />`;
}
