// The head of a trace: what it was, how it ended, and its totals.
import { now } from "../../clock.js";
import { ago, count, duration, exact, moment, money } from "../../format.js";
import { html } from "../../lib.js";
import { AgentChips, StatusIcon } from "../chips.js";
import { Copy } from "../copy.js";
import { Icon } from "../icons.js";
import { lastSeen, stateOf } from "./tree.js";

/** @typedef {import("../../types.js").TraceSummary} TraceSummary */
/** @typedef {import("../../types.js").Span} Span */

export const ABANDONED = "The program ended, or let go of the span, without ending it.";

/** @param {{ label: string, value: string, note?: string, bad?: boolean }} props */
const Total = ({ label, value, note, bad }) =>
  html`<div>
    <dt>${label}</dt>
    <dd class=${`tabular ${bad ? "is-error" : ""}`}>${value}${note && html`<small>${note}</small>`}</dd>
  </div>`;

/** Whether the trace runs, or has spans that will never end. @param {{ state: "running" | "abandoned", spans: Span[] }} props */
function State({ state, spans }) {
  if (state === "running") return html`<span class="running"><span class="live-dot"></span>running</span>`;
  const seen = Math.max(...spans.filter((span) => stateOf(span) === "abandoned").map(lastSeen));
  return html`<span class="abandoned" title=${ABANDONED}><${Icon} name="warning" />abandoned${" "}<span
    title=${moment(new Date(seen).toISOString())}>${ago(seen, now.value)}</span></span>`;
}

/**
 * @param {{
 *   summary: TraceSummary, state: "running" | "abandoned" | null, spans: Span[], lasted: number, back: string,
 * }} props back: where the list is
 */
export function TraceHead({ summary, state, spans, lasted, back }) {
  const { start_time: started } = summary;
  return html`<header class="trace-head">
    <div class="trace-title">
      <a class="back" href=${back}><${Icon} name="chevron" class="is-back" />Traces</a>
      <div class="trace-title-line">
        ${(!state || summary.status === "error") && html`<${StatusIcon} status=${summary.status} />`}
        <h1 class="truncate" title=${summary.name}>${summary.name}</h1>
        ${state && html`<${State} state=${state} spans=${spans} />`}
        <${AgentChips} agents=${summary.agents} most=${4} />
      </div>
      <p class="trace-meta">
        <span title=${moment(started)}>${ago(Date.parse(started), now.value)}</span>
        ${summary.service_name && html`<span>${summary.service_name}</span>`}
        ${summary.session_id && html`<span>session ${summary.session_id}</span>`}
        ${summary.user_id && html`<span>user ${summary.user_id}</span>`}
        <span class="trace-id"><code title=${summary.trace_id}>${summary.trace_id}</code><${Copy} text=${summary.trace_id}
          label="Copy the trace id" /></span>
      </p>
    </div>
    <dl class="totals">
      <${Total} label="Duration" value=${duration(lasted)} />
      <${Total} label="Spans" value=${exact(summary.spans)} />
      <${Total} label="Model calls" value=${exact(summary.model_calls)} />
      <${Total} label="Tool calls" value=${exact(summary.tool_calls)} />
      <${Total} label="Tokens" value=${count(summary.input_tokens + summary.output_tokens)}
        note=${`${count(summary.input_tokens)} in, ${count(summary.output_tokens)} out`} />
      <${Total} label="Cost" value=${money(summary.cost)} />
      <${Total} label="Errors" value=${exact(summary.errors)} bad=${summary.errors > 0} />
    </dl>
  </header>`;
}
