// The overview's four charts over time.
import { compact, count, duration, money } from "../../format.js";
import { html, useMemo } from "../../lib.js";
import { Chart } from "../chart.js";

/** Where an axis of milliseconds may have its lines. */
const STEPS_MS = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500], // milliseconds
  ...[1, 2, 5, 10, 30].map((seconds) => seconds * 1000),
  ...[1, 2, 5, 10, 30].map((minutes) => minutes * 60_000),
  ...[1, 2, 4, 12, 24].map((hours) => hours * 3_600_000),
];

const STEPS_COUNT = Array.from({ length: 12 }, (_, power) => [1, 2, 5].map((step) => step * 10 ** power)).flat();

/** An axis label of at most five letters. @param {number} ms */
function tick(ms) {
  if (ms === 0) return "0";
  if (ms < 1000) return `${ms} ms`;
  if (ms < 60_000) return `${ms / 1000} s`;
  return ms < 3_600_000 ? `${ms / 60_000} m` : `${ms / 3_600_000} h`;
}

/** @param {number} usd */
const dollars = (usd) => `$${Number(usd.toPrecision(3))}`;

/** @param {{ overview: import("../../types.js").Overview }} props */
export function Charts({ overview }) {
  const { series, totals, window } = overview;
  const bucket = window.bucket_seconds;
  const sets = useMemo(
    () => ({
      traces: [
        { label: "Traces", values: series.traces, color: "--agent-fill" },
        { label: "Failed spans", values: series.errors, color: "--error-fill", dots: true },
      ],
      tokens: [
        { label: "In", values: series.input_tokens, color: "--tool-fill" },
        { label: "Out", values: series.output_tokens, color: "--model-fill", under: series.input_tokens },
      ],
      cost: [{ label: "Cost", values: series.cost, color: "--workflow-fill" }],
      time: [{ label: "p95", values: series.p95_ms, color: "--message-fill", line: true }],
    }),
    [series],
  );
  const failed = series.errors.reduce((sum, value) => sum + value, 0);
  const shared = { time: series.time, bucket };
  return html`<div class="charts">
    <${Chart} ...${shared} title="Traces" series=${sets.traces} format=${count} steps=${STEPS_COUNT}
      summary=${[count(totals.traces), count(failed)]} />
    <${Chart} ...${shared} title="Response time" series=${sets.time} format=${duration} tick=${tick} steps=${STEPS_MS}
      summary=${[duration(totals.p95_ms)]} />
    <${Chart} ...${shared} title="Tokens" series=${sets.tokens} format=${count} tick=${compact} steps=${STEPS_COUNT}
      summary=${[count(totals.input_tokens), count(totals.output_tokens)]} />
    <${Chart} ...${shared} title="Cost" series=${sets.cost} format=${money} tick=${dollars} summary=${[money(totals.cost)]} />
  </div>`;
}
