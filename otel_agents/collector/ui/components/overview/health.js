// The health of the traced system in one word, with the reasons for it.
import { html } from "../../lib.js";
import { Icon } from "../icons.js";

/** @type {Record<string, [word: string, icon: string, unless: string]>} unless: said when there is no reason */
const STATES = {
  healthy: ["Healthy", "healthy", "Every figure is within its limits"],
  degraded: ["Degraded", "warning", ""],
  unhealthy: ["Unhealthy", "alert", ""],
  idle: ["Idle", "idle", "Nothing was traced in this window"],
};

/** @param {{ health: import("../../types.js").Overview["health"] }} props */
export function HealthBadge({ health }) {
  const [word, icon, unless] = STATES[health.status] ?? STATES.idle;
  return html`<div class=${`health health-${health.status}`}>
    <span class="health-icon"><${Icon} name=${icon} /></span>
    <div>
      <h1>${word}</h1>
      <ul>${(health.reasons.length ? health.reasons : [unless]).map((reason) => html`<li key=${reason}>${reason}</li>`)}</ul>
    </div>
  </div>`;
}
