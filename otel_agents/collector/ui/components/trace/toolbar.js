// Above the waterfall: find a span, jump from error to error, fold, and what the colours mean.
import { exact, plural } from "../../format.js";
import { html } from "../../lib.js";
import { TYPE_LABELS, TypeIcon, knownType } from "../chips.js";
import { SearchField } from "../field.js";
import { Icon } from "../icons.js";

/** @typedef {import("../../types.js").Span} Span */

/** How many spans there are of each type, in the order of the types. @param {Span[]} spans */
function typeCounts(spans) {
  /** @type {Map<string, number>} */
  const counts = new Map(Object.keys(TYPE_LABELS).map((type) => [type, 0]));
  for (const { type } of spans) counts.set(knownType(type), (counts.get(knownType(type)) ?? 0) + 1);
  return [...counts].filter(([, count]) => count > 0);
}

/**
 * @param {{
 *   spans: Span[], errors: number, text: string, found: number, onText: (text: string) => void,
 *   onNextFound: () => void, onNextError: () => void, allFolded: boolean, onFoldAll: () => void,
 * }} props
 */
export function Toolbar({ spans, errors, text, found, onText, onNextFound, onNextError, allFolded, onFoldAll }) {
  const onKeyDown = (/** @type {KeyboardEvent} */ event) => {
    if (event.key === "Enter") onNextFound();
    if (event.key === "Escape") onText("");
  };
  return html`<div class="wf-toolbar">
    <${SearchField} class="wf-find" label="Find a span by name, agent, tool, model or error" placeholder="Find a span"
      value=${text} onText=${onText} onKeyDown=${onKeyDown} />
    <span class="wf-found muted" role="status">
      ${text && (found ? `${exact(found)} found, Enter for the next` : "none found")}
    </span>
    <ul class="wf-legend" aria-label="Span types">
      ${typeCounts(spans).map(([type, count]) => html`<li key=${type}
        title=${plural(count, TYPE_LABELS[knownType(type)].toLowerCase())}><${TypeIcon} type=${type} /><span
        class="tabular">${exact(count)}</span></li>`)}
    </ul>
    ${errors > 0 && html`<button class="button is-small wf-errors" type="button" onClick=${onNextError}><${Icon}
      name="alert" />${plural(errors, "error")}</button>`}
    <button class="button is-small" type="button" onClick=${onFoldAll}>${allFolded ? "Unfold all" : "Fold all"}</button>
  </div>`;
}
