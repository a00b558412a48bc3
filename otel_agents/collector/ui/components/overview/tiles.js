// The five figures at the top of the overview, each against the window before.
import { count, duration, exact, money, percent, plural } from "../../format.js";
import { html } from "../../lib.js";
import { link } from "../../router.js";
import { Icon } from "../icons.js";

/** @typedef {import("../../types.js").Overview} Overview */

/**
 * How much more or less than before, in words and an arrow; a rise of something bad is marked.
 *
 * @param {{ now: number | null, before: number | null, bad?: boolean, span: string }} props
 */
function Delta({ now, before, bad = false, span }) {
  if (now === null || (now === 0 && !before)) return html`<span class="delta">${" "}</span>`;
  if (!before) return html`<span class="delta">none in the ${span} before</span>`;
  const change = (100 * (now - before)) / before;
  if (Math.abs(change) < 0.5) return html`<span class="delta">as the ${span} before</span>`;
  const up = change > 0;
  const text = Math.abs(change) >= 1000 ? `${exact(Math.round(now / before))} ×` : `${Math.abs(change).toFixed(0)} %`;
  return html`<span class="delta" title=${`against the ${span} before`}>
    <span class=${bad && up ? "delta-figure is-error" : "delta-figure"}><${Icon} name=${up ? "up" : "down"}
      label=${up ? "up" : "down"} />${text}</span>
    ${" "}vs. before
  </span>`;
}

/** @param {{ label: string, value: string, note?: string, children?: import("../../lib.js").ComponentChildren }} props */
function Tile({ label, value, note, children }) {
  return html`<div class="tile">
    <dt>${label}</dt>
    <dd class="tile-value tabular">${value}</dd>
    <dd class="tile-note">${children}</dd>
    ${note && html`<dd class="tile-note">${note}</dd>`}
  </div>`;
}

/** @param {{ overview: Overview, span: string }} props span: the window in words, "hour" */
export function Tiles({ overview, span }) {
  const { totals, previous } = overview;
  const tokens = totals.input_tokens + totals.output_tokens;
  const calls = `${plural(totals.model_calls, "model call")}, ${plural(totals.tool_calls, "tool call")}`;
  const priced = totals.unpriced_calls ? `${plural(totals.unpriced_calls, "call")} without a price` : "every call priced";
  return html`<dl class="tiles card">
    <${Tile} label="Traces" value=${count(totals.traces)} note=${plural(totals.spans, "span")}>
      <${Delta} now=${totals.traces} before=${previous.traces} span=${span} />
      ${overview.running > 0 && html`<a class="running" href=${link("/traces", { status: "running" })}><span
        class="live-dot"></span>${exact(overview.running)} running now</a>`}
    <//>
    <${Tile} label="Error rate" value=${percent(totals.error_rate)} >
      <span>${plural(totals.errors, "failed span")}</span>
      <${Delta} now=${totals.errors} before=${previous.errors} bad span=${span} />
    <//>
    <${Tile} label="Time, p95" value=${duration(totals.p95_ms)} note=${calls}>
      <span class="delta">half within ${duration(totals.p50_ms)}</span>
    <//>
    <${Tile} label="Tokens" value=${count(tokens)} note=${`${count(totals.input_tokens)} in, ${count(totals.output_tokens)} out`}>
      <${Delta} now=${tokens} before=${previous.input_tokens + previous.output_tokens} span=${span} />
    <//>
    <${Tile} label="Cost" value=${money(totals.cost)} note=${totals.model_calls ? priced : "no model calls"}>
      <${Delta} now=${totals.cost} before=${previous.cost} span=${span} />
    <//>
  </dl>`;
}
