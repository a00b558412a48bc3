// A field to search in, with its icon.
import { html } from "../lib.js";
import { Icon } from "./icons.js";

/**
 * @param {{
 *   label: string, placeholder: string, value: string, onText: (text: string) => void, class?: string,
 *   onKeyDown?: (event: KeyboardEvent) => void, field?: { current: HTMLInputElement | null },
 *   children?: import("../lib.js").ComponentChildren,
 * }} props field: where to keep the input itself; children: stands at its end
 */
export function SearchField({ label, placeholder, value, onText, class: className = "", onKeyDown, field, children }) {
  const onInput = (/** @type {Event} */ event) => onText(/** @type {HTMLInputElement} */ (event.target).value);
  return html`<label class=${`field-box ${className}`}>
    <${Icon} name="search" />
    <input ref=${field} class="field" type="search" placeholder=${placeholder} aria-label=${label} value=${value}
      onInput=${onInput} onKeyDown=${onKeyDown} />
    ${children}
  </label>`;
}
