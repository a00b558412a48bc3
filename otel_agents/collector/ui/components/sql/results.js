// A query's answer as a table: sorted by a click on a column, shown a few hundred rows at a time.
import { exact } from "../../format.js";
import { html, useEffect, useMemo, useRef, useState } from "../../lib.js";
import { traceLink } from "../../router.js";
import { Icon } from "../icons.js";
import { Empty } from "../states.js";
import { cellText } from "./csv.js";

/** @typedef {import("../../types.js").Cell} Cell */
/** @typedef {import("../../types.js").QueryResult} QueryResult */
/** @typedef {{ column: number, down: boolean } | null} Sort */

const NUMBER_TYPES = /^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|DOUBLE|FLOAT|REAL|DECIMAL.*)$/;
const PAGE = 200;
/** Longer cells are cut on the screen; the whole is in their tooltip and in the CSV. */
const CELL_MAX = 240;
const TITLE_MAX = 4000;
const DIGITS = 6;

/** @param {string} type DuckDB's name */
const isNumeric = (type) => NUMBER_TYPES.test(type);

/** NULL comes last in both directions. @param {Cell} a @param {Cell} b */
function compare(a, b) {
  if (typeof a === "number" && typeof b === "number") return a - b;
  const [x, y] = [cellText(a), cellText(b)];
  const numeric = x !== "" && y !== "" && Number.isFinite(Number(x)) && Number.isFinite(Number(y));
  return numeric ? Number(x) - Number(y) : x.localeCompare(y);
}

/** @param {Cell[][]} rows @param {Sort} sort */
export function sorted(rows, sort) {
  if (!sort) return rows;
  const { column, down } = sort;
  const known = rows.filter((row) => row[column] !== null);
  const unknown = rows.filter((row) => row[column] === null);
  known.sort((a, b) => (down ? -1 : 1) * compare(a[column], b[column]));
  return [...known, ...unknown];
}

/** @param {Cell} cell @param {string} type */
function shown(cell, type) {
  if (type.startsWith("TIMESTAMP") && typeof cell === "string") return cell.replace("T", " ").replace(/(\.\d{3})\d*Z?$/, "$1");
  if (typeof cell === "number" && !Number.isInteger(cell)) return String(Number(cell.toFixed(DIGITS)) || cell);
  const text = cellText(cell);
  return text.length > CELL_MAX ? `${text.slice(0, CELL_MAX)}…` : text;
}

/** @param {{ result: QueryResult, row: Cell[], column: number }} props */
function CellView({ result, row, column }) {
  const cell = row[column];
  const numeric = isNumeric(result.types[column]);
  if (cell === null) return html`<td class=${numeric ? "num is-null" : "is-null"}>null</td>`;
  const text = shown(cell, result.types[column]);
  const trace = row[result.columns.indexOf("trace_id")];
  const leads = typeof trace === "string" && typeof cell === "string" && ["trace_id", "span_id"].includes(result.columns[column]);
  if (leads) {
    const href = traceLink(trace, result.columns[column] === "span_id" ? cell : undefined);
    return html`<td><a href=${href} title="Open the trace">${text}</a></td>`;
  }
  const title = text === cellText(cell) ? undefined : cellText(cell).slice(0, TITLE_MAX);
  return html`<td class=${numeric ? "num" : ""} title=${title}>${text}</td>`;
}

/** @param {{ result: QueryResult, rows: Cell[][], sort: Sort, onSort: (sort: Sort) => void }} props rows: the result's, sorted */
export function Results({ result, rows, sort, onSort }) {
  const [limit, setLimit] = useState(PAGE);
  const end = useRef(/** @type {HTMLDivElement | null} */ (null));
  useEffect(() => setLimit(PAGE), [result]);
  useEffect(() => {
    if (!end.current) return;
    const more = () => setLimit((n) => n + PAGE);
    const watcher = new IntersectionObserver(([entry]) => entry.isIntersecting && more(), { rootMargin: "600px" });
    watcher.observe(end.current);
    return () => watcher.disconnect();
  }, [limit, rows]);
  const visible = useMemo(() => rows.slice(0, limit), [rows, limit]);

  if (result.rows.length === 0) return html`<${Empty} icon="table" title="No rows">The query ran, and nothing answers to it.<//>`;
  const next = (/** @type {number} */ column) =>
    onSort({ column, down: sort?.column === column ? !sort.down : isNumeric(result.types[column]) });
  return html`<div class="results-scroll" tabindex="0" role="region" aria-label="Rows">
    <table class="results-table">
      <thead><tr><th class="row-number" aria-hidden="true"></th>${result.columns.map((name, i) => {
        const direction = sort?.column === i ? (sort.down ? "descending" : "ascending") : undefined;
        return html`<th key=${i} scope="col" class=${isNumeric(result.types[i]) ? "num" : ""} aria-sort=${direction}>
          <button type="button" onClick=${() => next(i)} title=${result.types[i]}>${name}${direction && html`<${Icon}
            name=${sort?.down ? "down" : "up"} />`}</button>
        </th>`;
      })}<th class="filler" aria-hidden="true"></th></tr></thead>
      <tbody>${visible.map(
        (row, i) => html`<tr key=${i}>
          <td class="row-number" aria-hidden="true">${exact(i + 1)}</td>
          ${row.map((_, column) => html`<${CellView} key=${column} result=${result} row=${row} column=${column} />`)}
          <td class="filler" aria-hidden="true"></td>
        </tr>`,
      )}</tbody>
    </table>
    ${limit < rows.length && html`<div ref=${end} class="results-end muted">more rows …</div>`}
  </div>`;
}
