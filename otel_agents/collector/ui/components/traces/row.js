// One trace as a row of the list; the whole row leads to the trace.
import { now, seconds } from "../../clock.js";
import { ago, count, duration, exact, moment, money, plural } from "../../format.js";
import { html } from "../../lib.js";
import { traceLink } from "../../router.js";
import { AgentChips, StatusIcon } from "../chips.js";
import { Icon } from "../icons.js";

/** @param {{ icon: string, value: number, noun: string }} props */
const Amount = ({ icon, value, noun }) =>
  html`<span class=${`amount ${value ? "" : "is-none"} type-${icon}`} title=${plural(value, noun)}><${Icon} name=${icon}
    label=${noun} />${exact(value)}</span>`;

/** How long it took; what runs counts on. @param {{ trace: import("../../types.js").TraceSummary }} props */
function Lasted({ trace }) {
  if (trace.state !== "running") return html`<span>${duration(trace.duration_ms)}</span>`;
  return html`<span class="running">${duration(Math.max(0, seconds.value - Date.parse(trace.start_time)))}</span>`;
}

/**
 * @param {{ trace: import("../../types.js").TraceSummary, full: number, fresh: boolean }} props
 * full: milliseconds that fill the duration's bar; fresh: it came while the list was watched
 */
export function TraceRow({ trace, full, fresh }) {
  const tokens = trace.input_tokens + trace.output_tokens;
  const share = trace.state === "running" ? 100 : trace.duration_ms ? Math.max(1.5, Math.min(100, (100 * trace.duration_ms) / full)) : 0;
  return html`<tr class=${fresh ? "trace-row is-fresh" : "trace-row"}>
    <td class="trace-status"><${StatusIcon} status=${trace.status} state=${trace.state} /></td>
    <th scope="row" class="trace-what">
      <div class="trace-line">
        <a class="stretched trace-name" href=${traceLink(trace.trace_id)}>${trace.name}</a>
        <span class="trace-preview truncate">${trace.preview}</span>
      </div>
      <div class="trace-line">
        <${AgentChips} agents=${trace.agents} most=${3} />
        ${trace.error && html`<span class=${`trace-error truncate ${trace.status === "ok" ? "is-recovered" : ""}`}
          title=${trace.error}><${Icon} name="alert" label="Failed within it:" />${trace.error}</span>`}
      </div>
    </th>
    <td class="trace-time num">
      <${Lasted} trace=${trace} />
      <span class=${`meter ${trace.status === "error" ? "is-error" : ""} ${trace.state ? `is-${trace.state}` : ""}`}><i style=${{ width: `${share}%` }}></i></span>
    </td>
    <td class="trace-counts">
      <span class="amount" title=${plural(trace.spans, "span")}>${plural(trace.spans, "span")}</span>
      <${Amount} icon="model" value=${trace.model_calls} noun="model call" />
      <${Amount} icon="tool" value=${trace.tool_calls} noun="tool call" />
    </td>
    <td class="trace-tokens num" title=${`${exact(trace.input_tokens)} in, ${exact(trace.output_tokens)} out`}>
      ${tokens ? count(tokens) : "–"}
    </td>
    <td class="trace-cost num">${money(trace.cost)}</td>
    <td class="trace-when num muted" title=${moment(trace.start_time)}>${ago(Date.parse(trace.start_time), now.value)}</td>
  </tr>`;
}
