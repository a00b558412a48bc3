// A button that puts text on the clipboard and says so.
import { html, useState } from "../lib.js";
import { Icon } from "./icons.js";

const SAID_MS = 1500;

/** @param {{ text: string | (() => string), label?: string, shown?: string }} props shown: a word beside the icon */
export function Copy({ text, label = "Copy", shown }) {
  const [copied, setCopied] = useState(false);
  const copy = async (/** @type {Event} */ event) => {
    event.stopPropagation();
    await navigator.clipboard.writeText(typeof text === "string" ? text : text());
    setCopied(true);
    setTimeout(() => setCopied(false), SAID_MS);
  };
  return html`<button class=${`copy ${shown ? "button" : ""} ${copied ? "is-copied" : ""}`} type="button" onClick=${copy}
    aria-label=${label} title=${label}>
    <${Icon} name=${copied ? "check" : "copy"} />
    ${shown && html`<span>${copied ? "Copied" : shown}</span>`}
    <span class="visually-hidden" role="status">${copied ? "Copied" : ""}</span>
  </button>`;
}
