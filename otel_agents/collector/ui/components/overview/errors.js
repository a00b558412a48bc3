// The window's errors, grouped, each leading to its latest span.
import { now } from "../../clock.js";
import { ago, exact, withoutType } from "../../format.js";
import { html } from "../../lib.js";
import { traceLink } from "../../router.js";
import { TypeIcon } from "../chips.js";
import { Empty } from "../states.js";

/** @param {{ groups: import("../../types.js").ErrorGroup[] }} props */
export function RecentErrors({ groups }) {
  return html`<section class="card errors" aria-label="Recent errors">
    <div class="card-head"><h2>Recent errors</h2></div>
    ${groups.length === 0
      ? html`<${Empty} icon="healthy" title="Nothing failed in this window" />`
      : html`<ul>${groups.map(
          (group) => html`<li key=${`${group.name} ${group.error_type} ${group.message}`}>
            <${TypeIcon} type=${group.type} />
            <div class="error-body">
              <a class="error-title stretched" href=${traceLink(group.trace_id, group.span_id)}><strong
                class="truncate">${group.error_type ?? "Error"}</strong><span
                class="truncate muted">${group.name}</span></a>
              <p class="error-message">${withoutType(group.message, group.error_type) ?? "No message was recorded."}</p>
            </div>
            <div class="error-side tabular">
              <span class="muted" title=${group.time}>${ago(Date.parse(group.time), now.value)}</span>
              ${group.count > 1 && html`<span class="times">× ${exact(group.count)}</span>`}
            </div>
          </li>`,
        )}</ul>`}
  </section>`;
}
