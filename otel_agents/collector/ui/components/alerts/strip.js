// The alerts that fire, on top of the overview.
import { fetchAlerts } from "../../api.js";
import { html } from "../../lib.js";
import { useEvery } from "../../pages/alerts.js";
import { useResource } from "../../resource.js";
import { Severity } from "./list.js";

const SHOWN = 3;

/** The alerts that fire now and are not silenced. @returns {import("../../types.js").Alert[]} */
export function useFiring() {
  const { data, refetch } = useResource("alerts", fetchAlerts);
  useEvery(refetch);
  return data?.watched ? data.alerts.filter((alert) => alert.state === "firing" && !alert.silenced) : [];
}

/** @param {{ firing: import("../../types.js").Alert[] }} props */
export function AlertStrip({ firing }) {
  if (firing.length === 0) return null;
  return html`<section class="card alert-strip" aria-label="Alerts">
    <ul>${firing.slice(0, SHOWN).map(
      (alert) => html`<li key=${alert.id}><${Severity} severity=${alert.severity} /><span>${alert.message}</span></li>`,
    )}</ul>
    <a class="button is-small" href="#/alerts">${firing.length > SHOWN ? `All ${firing.length} alerts` : "Alerts"}</a>
  </section>`;
}
