// Alerts as rows: how bad, what, since when, and what can be done about it.
import { now } from "../../clock.js";
import { ago, moment } from "../../format.js";
import { html } from "../../lib.js";
import { Icon } from "../icons.js";

/** @typedef {import("../../types.js").Alert} Alert */

/** @param {{ severity: string }} props */
export const Severity = ({ severity }) => html`<span class=${`severity severity-${severity}`}>${severity}</span>`;

/** @param {number} seconds since the epoch */
const iso = (seconds) => new Date(seconds * 1000).toISOString();

/**
 * @param {{
 *   alerts: Alert[], label: string, act?: (alert: Alert, what: "acknowledge" | "silence") => void,
 * }} props act: makes the buttons
 */
export function AlertRows({ alerts, label, act }) {
  return html`<ul class="alert-rows" aria-label=${label}>${alerts.map(
    (alert) => html`<li key=${`${alert.id} ${alert.state} ${alert.since}`} class=${alert.silenced ? "is-silenced" : ""}>
      <${Severity} severity=${alert.severity} />
      <div class="alert-body">
        <p class="alert-message">${alert.message}</p>
        <p class="alert-facts muted">
          <span>${alert.name}</span>
          <span title=${iso(alert.since)}>${said(alert)}</span>
          ${alert.acknowledged_by && html`<span><${Icon} name="person" /> ${alert.acknowledged_by} looks after it</span>`}
          ${alert.silenced && html`<span>silenced</span>`}
        </p>
      </div>
      ${act && html`<div class="alert-acts">
        ${alert.state === "firing" && !alert.acknowledged_by && html`<button class="button is-small" type="button"
          onClick=${() => act(alert, "acknowledge")}>Acknowledge</button>`}
        ${!alert.silenced && html`<button class="button is-small" type="button"
          onClick=${() => act(alert, "silence")}>Silence for 1 h</button>`}
      </div>`}
    </li>`,
  )}</ul>`;
}

/** @param {Alert} alert */
function said(alert) {
  if (alert.resolved_at !== null) return `over since ${moment(iso(alert.resolved_at))}`;
  const since = ago(alert.since * 1000, now.value);
  return alert.state === "pending" ? `seen ${since}, not long enough yet` : `began ${since}`;
}
