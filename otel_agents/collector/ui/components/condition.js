// How the collector itself is: a banner while it cannot store or answer, and what became of damaged files.
import { fetchCondition } from "../api.js";
import { exact, moment } from "../format.js";
import { html, useEffect } from "../lib.js";
import { useResource } from "../resource.js";
import { Icon } from "./icons.js";

/** @typedef {import("../types.js").Damage} Damage */

const EVERY_MS = 10_000;

/** @returns {import("../types.js").Condition | null} */
function useCondition() {
  const { data, refetch } = useResource("condition", fetchCondition);
  useEffect(() => {
    const timer = setInterval(() => document.hidden || refetch(), EVERY_MS);
    return () => clearInterval(timer);
  }, [refetch]);
  return data;
}

/** @param {Record<string, number>} numbers by what they are of: "1,204 spans, 3 logs" */
const listed = (numbers) =>
  Object.entries(numbers).map(([what, number]) => `${exact(number)} ${what}`).join(", ");

/** @param {{ found: Damage }} props */
function Damaged({ found }) {
  const { file, found: since, state, taken, lost, incomplete, unreadable } = found;
  /** @type {[string, string][]} */
  const parts = [
    [state === "read" ? "Taken over" : "Taken over so far", listed(taken) || "nothing"],
    ["Lost", listed(lost)],
    ["Without some of their values", listed(incomplete)],
    ["Could not be read at all", unreadable.join(", ")],
  ];
  const said = parts.filter(([, text]) => text).map(([what, text]) => `${what}: ${text}.`).join(" ");
  return html`<li>
    <${Icon} name="warning" />
    <p title=${found.why}>
      <strong>Damage was found in the database on ${moment(since)}.</strong>${" "}
      ${state === "read" ? "" : "What can be read of it is being taken over. "}${said}${" "}
      <span class="muted">It is kept as <code>${file}</code> in the data folder; remove it, and the${" "}
        <code>.json</code> beside it, when you no longer want it.</span>
    </p>
  </li>`;
}

/** On top of every page: what the user must know of before anything that is shown. @param {{ overview: boolean }} props */
export function Condition({ overview }) {
  const condition = useCondition();
  const damaged = (overview && condition?.damaged) || [];
  return html`
    ${condition?.reason && html`<div class="banner" role="alert">
      <${Icon} name="warning" />
      <p><strong>The collector takes nothing in now: ${condition.reason}.</strong>${" "}
        Senders are asked to come again, and it goes on by itself as soon as it can.</p>
    </div>`}
    ${damaged.length > 0 && html`<ul class="damage" aria-label="Damage">${damaged.map((found) => html`<${Damaged}
      key=${found.file} found=${found} />`)}</ul>`}`;
}
