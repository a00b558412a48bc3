// Who did what in the window: agents, tools, models; a name's bar is its share of the largest.
import { count, duration, money, percent } from "../../format.js";
import { html, useState } from "../../lib.js";
import { link } from "../../router.js";
import { callsOf } from "../sql/links.js";
import { Empty } from "../states.js";

/** @typedef {import("../../types.js").AgentRow} AgentRow */
/** @typedef {import("../../types.js").ToolRow} ToolRow */
/** @typedef {import("../../types.js").ModelRow} ModelRow */
/** @typedef {import("../../lib.js").ComponentChildren} Children */

const SHOWN = 8;

/**
 * @template Row
 * @typedef {{ head: string, title?: string, cell: (row: Row) => Children, hide?: boolean }} Column
 * hide: left out where there is little room
 */

/**
 * @template Row
 * @param {{
 *   title: string, noun: string, type: string, rows: Row[], columns: Column<Row>[],
 *   name: (row: Row) => string, note?: (row: Row) => string | null, href: (row: Row) => string, size: (row: Row) => number,
 * }} props
 */
function ShareTable({ title, noun, type, rows, columns, name, note, href, size }) {
  const [all, setAll] = useState(false);
  const largest = Math.max(1, ...rows.map(size));
  return html`<section class="card share" aria-label=${title}>
    ${rows.length === 0
      ? html`<div class="card-head"><h2>${title}</h2></div><${Empty} title=${`No ${noun} in this window`} icon=${type} />`
      : html`<div class="table-scroll"><table class=${`share-table type-${type}`}>
          <thead><tr><th scope="col"><h2>${title}</h2></th>
            ${columns.map((column) => html`<th scope="col" key=${column.head} class=${`num ${column.hide ? "is-extra" : ""}`}
              title=${column.title}>${column.head}</th>`)}
          </tr></thead>
          <tbody>${(all ? rows : rows.slice(0, SHOWN)).map(
            (row) => html`<tr key=${name(row)}>
              <th scope="row"><span class="share-bar" style=${{ width: `${(100 * size(row)) / largest}%` }}></span>
                <a class="truncate" href=${href(row)} title=${name(row)}>${name(row)}</a>${note?.(row) && html`<small
                  class="muted truncate">${note(row)}</small>`}</th>
              ${columns.map((column) => html`<td key=${column.head}
                class=${`num ${column.hide ? "is-extra" : ""}`}>${column.cell(row)}</td>`)}
            </tr>`,
          )}</tbody>
        </table></div>`}
    ${rows.length > SHOWN && html`<button class="button is-quiet is-small share-more" type="button"
      onClick=${() => setAll(!all)}>${all ? "Show fewer" : `Show all ${rows.length}`}</button>`}
  </section>`;
}

/** Below this share of successes, in percent, a row is marked. */
const WORRYING = 95;

/** @param {number} rate in percent */
const success = (rate) => html`<span class=${rate < WORRYING ? "is-error" : rate === 100 ? "muted" : ""}>${percent(rate)}</span>`;
/** @param {{ rows: AgentRow[] }} props */
export const Agents = ({ rows }) => html`<${ShareTable}
  title="Agents" noun="agents" type="agent" rows=${rows}
  name=${(/** @type {AgentRow} */ row) => row.agent} size=${(/** @type {AgentRow} */ row) => row.requests}
  href=${(/** @type {AgentRow} */ row) => link("/traces", { agent: row.agent })}
  columns=${/** @type {Column<AgentRow>[]} */ ([
    { head: "Requests", cell: (row) => count(row.requests) },
    { head: "Success", cell: (row) => success(row.success_rate) },
    { head: "Mean", cell: (row) => duration(row.avg_ms), hide: true },
    { head: "p95", cell: (row) => duration(row.p95_ms) },
    {
      head: "Tokens",
      title: "In and out, of the model calls below the agent",
      cell: (row) => count(row.input_tokens + row.output_tokens),
      hide: true,
    },
    { head: "Cost", cell: (row) => money(row.cost) },
  ])} />`;

/** @param {{ rows: ToolRow[] }} props */
export const Tools = ({ rows }) => html`<${ShareTable}
  title="Tools" noun="tool calls" type="tool" rows=${rows}
  name=${(/** @type {ToolRow} */ row) => row.tool} size=${(/** @type {ToolRow} */ row) => row.calls}
  href=${(/** @type {ToolRow} */ row) => callsOf("tool", row.tool)}
  columns=${/** @type {Column<ToolRow>[]} */ ([
    { head: "Calls", cell: (row) => count(row.calls) },
    { head: "Success", cell: (row) => success(row.success_rate) },
    { head: "Mean", cell: (row) => duration(row.avg_ms), hide: true },
    { head: "p95", cell: (row) => duration(row.p95_ms) },
  ])} />`;

/** @param {{ rows: ModelRow[] }} props */
export const Models = ({ rows }) => html`<${ShareTable}
  title="Models" noun="model calls" type="model" rows=${rows}
  name=${(/** @type {ModelRow} */ row) => row.model}
  note=${(/** @type {ModelRow} */ row) => row.provider} size=${(/** @type {ModelRow} */ row) => row.calls}
  href=${(/** @type {ModelRow} */ row) => callsOf("model", row.model)}
  columns=${/** @type {Column<ModelRow>[]} */ ([
    { head: "Calls", cell: (row) => count(row.calls) },
    { head: "Success", cell: (row) => success(row.calls ? 100 - (100 * row.errors) / row.calls : 100) },
    { head: "First token", title: "Mean time to the first token of a stream", cell: (row) => duration(row.ttft_ms), hide: true },
    { head: "p95", cell: (row) => duration(row.p95_ms) },
    { head: "In", cell: (row) => count(row.input_tokens), hide: true },
    {
      head: "Cached",
      title: "Share of the input read from the provider's cache",
      cell: (row) => percent(row.input_tokens ? (100 * row.cache_read_tokens) / row.input_tokens : null),
      hide: true,
    },
    { head: "Out", cell: (row) => count(row.output_tokens), hide: true },
    { head: "Cost", cell: (row) => money(row.cost) },
  ])} />`;
