// The waterfall: a tree of spans over a time axis. Only the rows in view are on the page, so thousands cost nothing.
import { duration } from "../../format.js";
import { html, useEffect, useLayoutEffect, useRef, useState } from "../../lib.js";
import { WaterfallRow } from "./row.js";
import { ticks } from "./tree.js";

const ROW_PX = 32;
const OVERSCAN = 12;
/** The least room a label of the axis needs. */
const TICK_PX = 84;
/** Past this share of the axis a label has no room to its right. */
const LABELLED = 0.92;

/** @typedef {import("./tree.js").Row} Row */

/**
 * What a key does, as the id to select or to fold.
 *
 * @param {string} key
 * @param {Row[]} rows
 * @param {number} at the selected row; -1 for none
 * @param {ReadonlySet<string>} folded
 * @returns {{ select?: string, fold?: string, enter?: true } | null}
 */
export function keyAction(key, rows, at, folded) {
  const pick = (/** @type {number} */ index) => ({ select: rows[Math.max(0, Math.min(rows.length - 1, index))].node.id });
  const node = rows[at]?.node;
  const unfolded = node && node.children.length > 0 && !folded.has(node.id);
  if (key === "ArrowDown") return pick(at + 1);
  if (key === "ArrowUp") return pick(at < 0 ? 0 : at - 1);
  if (key === "Home") return pick(0);
  if (key === "End") return pick(rows.length - 1);
  if (key === "PageDown") return pick(at + 15);
  if (key === "PageUp") return pick(at - 15);
  if (!node) return null;
  if (key === "ArrowLeft") return unfolded ? { fold: node.id } : node.parent ? { select: node.parent.id } : null;
  if (key === "ArrowRight") return folded.has(node.id) ? { fold: node.id } : node.children.length > 0 ? pick(at + 1) : null;
  if (key === " ") return node.children.length > 0 ? { fold: node.id } : null;
  return key === "Enter" ? { enter: true } : null;
}

/** A time on the axis: round, so without the zeros of a measured one. @param {number} ms */
const tickLabel = (ms) => (ms === 0 ? "0" : duration(ms).replace(/(\.\d*?)0+ /, "$1 ").replace(". ", " "));

/**
 * @param {{
 *   rows: Row[], length: number, now: number, waiting: boolean, selected: string | null, folded: ReadonlySet<string>, found: ReadonlySet<string>,
 *   onSelect: (id: string) => void, onFold: (id: string) => void, onEnter: () => void,
 * }} props length: of the trace, in milliseconds; now: since the epoch; waiting: what is missing may still come
 */
export function Waterfall({ rows, length, now, waiting, selected, folded, found, onSelect, onFold, onEnter }) {
  const box = useRef(/** @type {HTMLDivElement | null} */ (null));
  const [view, setView] = useState({ top: 0, height: 800, axis: 500 });
  const at = rows.findIndex((row) => row.node.id === selected);

  useLayoutEffect(() => {
    const element = /** @type {HTMLDivElement} */ (box.current);
    const measure = () => {
      const axis = /** @type {HTMLElement} */ (element.querySelector(".wf-ticks")).clientWidth;
      setView((old) => ({ ...old, height: element.clientHeight, axis }));
    };
    const watcher = new ResizeObserver(measure);
    watcher.observe(element);
    return () => watcher.disconnect();
  }, []);

  useEffect(() => {
    const element = box.current;
    if (!element || at < 0) return;
    // Under the sticky axis, one row high, a row counts as hidden.
    const top = at * ROW_PX;
    const room = element.clientHeight - 2 * ROW_PX;
    if (top < element.scrollTop) element.scrollTop = Math.max(0, top - ROW_PX);
    else if (top > element.scrollTop + room) element.scrollTop = top - Math.max(room, 0) + ROW_PX;
  }, [selected, at]);

  const onKeyDown = (/** @type {KeyboardEvent} */ event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || rows.length === 0) return;
    const action = keyAction(event.key, rows, at, folded);
    if (!action) return;
    event.preventDefault();
    if (action.select) onSelect(action.select);
    if (action.fold) onFold(action.fold);
    if (action.enter) onEnter();
  };

  const onScroll = () => setView((old) => ({ ...old, top: box.current?.scrollTop ?? 0 }));

  const first = Math.max(0, Math.floor(view.top / ROW_PX) - OVERSCAN);
  const last = Math.min(rows.length, Math.ceil((view.top + view.height) / ROW_PX) + OVERSCAN);
  const marks = ticks(length, Math.max(2, Math.floor(view.axis / TICK_PX)));
  return html`<div class="waterfall" ref=${box} role="tree" tabindex="0" aria-label="Spans"
    aria-activedescendant=${at >= first && at < last ? `row-${selected}` : undefined}
    onScroll=${onScroll} onKeyDown=${onKeyDown}>
    <div class="wf-axis" role="presentation" style=${{ height: `${ROW_PX}px` }}>
      <div class="wf-who">Span</div>
      <div class="wf-when"><div class="wf-ticks" aria-hidden="true">
        ${marks.filter((mark) => mark < LABELLED * length).map((mark) => html`<span key=${mark} class="tabular"
          style=${{ left: `${(100 * mark) / length}%` }}>${tickLabel(mark)}</span>`)}
      </div></div>
    </div>
    <div class="wf-body" role="presentation" style=${{ height: `${rows.length * ROW_PX}px` }}>
      <div class="wf-grid" aria-hidden="true"><div>${marks.map((mark) => html`<i key=${mark}
        style=${{ left: `${(100 * mark) / length}%` }}></i>`)}</div></div>
      ${rows.slice(first, last).map(
        (row, i) => html`<${WaterfallRow} key=${row.node.id} row=${row} index=${first + i} length=${length} now=${now} waiting=${waiting} height=${ROW_PX}
          selected=${row.node.id === selected} folded=${folded.has(row.node.id)} found=${found.has(row.node.id)}
          onSelect=${onSelect} onFold=${onFold} />`,
      )}
    </div>
  </div>`;
}
