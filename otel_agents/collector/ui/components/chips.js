// Small marks used all over: span types, statuses, agents.
import { html } from "../lib.js";
import { Icon } from "./icons.js";

/** @type {Record<import("../types.js").SpanType, string>} */
export const TYPE_LABELS = {
  agent: "Agent",
  model: "Model call",
  tool: "Tool call",
  workflow: "Workflow",
  message: "Message",
  other: "Other",
};

/** The type as it can be styled: an unknown one is "other". @param {string} type */
export const knownType = (type) => /** @type {import("../types.js").SpanType} */ (type in TYPE_LABELS ? type : "other");

/** @param {{ type: string }} props */
export function TypeIcon({ type }) {
  const known = knownType(type);
  return html`<span class=${`type-icon type-${known}`}><${Icon} name=${known} label=${TYPE_LABELS[known]} /></span>`;
}

/** @param {{ status: string, state?: "running" | "abandoned" | null }} props */
export function StatusIcon({ status, state = null }) {
  const failed = status === "error";
  if (state === "running" && !failed) {
    return html`<span class="status-icon is-running"><span class="live-dot" role="img" aria-label="Running"></span></span>`;
  }
  if (state === "abandoned" && !failed) {
    return html`<span class="status-icon is-abandoned"><${Icon} name="warning" label="Abandoned" /></span>`;
  }
  return html`<span class=${`status-icon ${failed ? "is-error" : "is-ok"}`}>
    <${Icon} name=${failed ? "cross" : "check"} label=${failed ? "Failed" : "OK"} />
  </span>`;
}

/** @param {{ agents: string[], most?: number }} props */
export function AgentChips({ agents, most = 4 }) {
  const rest = agents.slice(most);
  return html`<span class="chips">
    ${agents.slice(0, most).map((agent) => html`<span class="chip" key=${agent}>${agent}</span>`)}
    ${rest.length > 0 && html`<span class="chip" title=${rest.join(", ")}>+${rest.length}</span>`}
  </span>`;
}

/**
 * One choice of a few, as buttons side by side.
 *
 * @template {string} T
 * @param {{ label: string, options: [T, string][], value: T, onChange: (value: T) => void }} props
 */
export function Segmented({ label, options, value, onChange }) {
  return html`<div class="segmented" role="group" aria-label=${label}>
    ${options.map(
      ([key, text]) => html`<button key=${key} type="button" aria-pressed=${key === value}
        onClick=${() => onChange(key)}>${text}</button>`,
    )}
  </div>`;
}
