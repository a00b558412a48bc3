// The health of the traced system in one word, with the reasons for it.
import { plural } from "../../format.js";
import { html } from "../../lib.js";
import { Icon } from "../icons.js";

/** @type {Record<string, [word: string, icon: string, unless: string]>} unless: said when there is no reason */
const STATES = {
  healthy: ["Healthy", "healthy", "Every figure is within its limits"],
  degraded: ["Degraded", "warning", ""],
  unhealthy: ["Unhealthy", "alert", ""],
  idle: ["Idle", "idle", "Nothing was traced in this window"],
};

/**
 * @param {{ health: import("../../types.js").Overview["health"], alerts: number }} props
 * alerts: how many fire; they are listed below with the same words as the reasons, which then are not said twice
 */
export function HealthBadge({ health, alerts }) {
  const [word, icon, unless] = STATES[health.status] ?? STATES.idle;
  const reasons = alerts && health.reasons.length ? [`${plural(alerts, "alert")} firing`] : health.reasons;
  return html`<div class=${`health health-${health.status}`}>
    <span class="health-icon"><${Icon} name=${icon} /></span>
    <div>
      <h1>${word}</h1>
      <ul>${(reasons.length ? reasons : [unless]).map((reason) => html`<li key=${reason}>${reason}</li>`)}</ul>
    </div>
  </div>`;
}
