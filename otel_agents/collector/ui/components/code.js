// Coloured code: every token a text node of its own.
import { html, useMemo } from "../lib.js";
import { jsonTokens, pythonTokens } from "./highlight.js";

/** Longer texts stay plain: thousands of coloured nodes would make the page slow. */
const COLOURED_MAX = 40_000;

/** @param {import("./highlight.js").Tokens} tokens */
export const spans = (tokens) => tokens.map(([kind, text], i) => (kind ? html`<span key=${i}
  class=${`t-${kind}`}>${text}</span>` : text));

/** @param {{ code: string }} props */
export const PythonCode = ({ code }) => html`<pre class="code" tabindex="0">${spans(pythonTokens(code))}</pre>`;

/** Any value as indented JSON. @param {{ value: unknown }} props */
export function Json({ value }) {
  const text = useMemo(() => JSON.stringify(value, null, 2) ?? "null", [value]);
  return html`<pre class="code">${text.length > COLOURED_MAX ? text : spans(jsonTokens(text))}</pre>`;
}
