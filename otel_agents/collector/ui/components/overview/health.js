// The health of the traced system in one word, with the reasons for it.
import { html } from "../../lib.js";
import { Icon } from "../icons.js";

/** @type {Record<string, [word: string, icon: string]>} */
const STATES = {
  healthy: ["Healthy", "healthy"],
  degraded: ["Degraded", "warning"],
  unhealthy: ["Unhealthy", "alert"],
  idle: ["Idle", "idle"],
};

/** @param {{ health: import("../../types.js").Overview["health"] }} props */
export function HealthBadge({ health }) {
  const [word, icon] = STATES[health.status] ?? STATES.idle;
  return html`<div class=${`health health-${health.status}`}>
    <span class="health-icon"><${Icon} name=${icon} /></span>
    <div>
      <h1>${word}</h1>
      <ul>${health.reasons.map((reason) => html`<li key=${reason}>${reason}</li>`)}</ul>
    </div>
  </div>`;
}
