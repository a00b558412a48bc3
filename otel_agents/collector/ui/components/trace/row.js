// One line of the waterfall: who on the left, when on the right.
import { count, duration } from "../../format.js";
import { html } from "../../lib.js";
import { TypeIcon, knownType } from "../chips.js";
import { Icon } from "../icons.js";
import { passage } from "./communication.js";
import { lasted, missingParent, stateOf } from "./tree.js";

/** @typedef {import("./tree.js").Row} Row */
/** @typedef {import("../../types.js").Span} Span */

const INDENT_PX = 16;
/** Deeper levels stop moving right, or names would have no room. */
const DEEPEST = 14;
const OPERATIONS = /^(invoke_agent|invoke_workflow|execute_tool|chat|text_completion|generate_content|embeddings|retrieval) (.+)$/s;

/** A span's name with the operation in it made quiet; a hand-over or message as an arrow. @param {{ span: Span }} props */
export function SpanName({ span }) {
  if (span.type === "message") {
    const { from, to, type } = passage(span);
    const label = type === null ? "hands over to" : "writes to";
    return html`<span class="span-name truncate">${from}<${Icon} name="message" label=${label} class="arrow" />${to}${type
      && html`<span class="span-operation"> ${type}</span>`}</span>`;
  }
  const [, operation, rest] = OPERATIONS.exec(span.name) ?? [];
  return html`<span class="span-name truncate">${operation && html`<span
    class="span-operation">${operation} </span>`}${rest ?? span.name}</span>`;
}

/** @param {Span} span @param {number} now */
function barLabel(span, now) {
  const state = stateOf(span);
  if (state === "running") return `${duration(lasted(span, now))}, running`;
  if (state === "abandoned") return "abandoned";
  const tokens = (span.input_tokens ?? 0) + (span.output_tokens ?? 0);
  const more = span.type === "model" && tokens > 0;
  return html`${duration(span.duration_ms)}${more && html`<span class="bar-tokens"> · ${count(tokens)} tok</span>`}`;
}

/** @param {{ span: Span, length: number, now: number }} props length of the trace in milliseconds */
function Bar({ span, length, now }) {
  const state = stateOf(span);
  const ms = lasted(span, now);
  const left = (100 * span.offset_ms) / length;
  const width = (100 * ms) / length;
  const right = left + width;
  const place = width > 40 ? "inside" : right > 72 ? "before" : "after";
  const at = {
    inside: { left: `${left}%`, width: `${width}%` },
    before: { right: `${100 - left}%` },
    after: { left: `${right}%` },
  }[place];
  const failed = span.status === "error" ? "is-error" : "";
  const first = span.ttft_ms && ms > 0 ? Math.min(100, (100 * span.ttft_ms) / ms) : 0;
  const instant = span.type === "message" && passage(span).type === null;
  return html`
    <span class=${`bar ${failed} ${state ? `is-${state}` : ""} ${instant ? "is-instant" : ""}`}
      style=${{ left: `${left}%`, width: `${width}%` }}>
      ${first > 0 && html`<i class="bar-wait" style=${{ width: `${first}%` }}></i>`}
    </span>
    <span class=${`bar-label tabular is-${place}`} style=${at}>${instant ? "" : barLabel(span, now)}</span>`;
}

/** What stands in a parent's place until it comes, if it does. @param {{ id: string, waiting: boolean }} props */
function MissingParent({ id, waiting }) {
  const short = html`<code>${id.slice(0, 8)}</code>`;
  return waiting
    ? html`<span class="note truncate" title=${`Waiting for the span ${id}, in which this happened`}><${Icon}
        name="clock" />Waiting for its parent, ${short}</span>`
    : html`<span class="note truncate" title=${`The span ${id} was sent elsewhere, or not at all`}><${Icon}
        name="link" />Called from elsewhere, by ${short}</span>`;
}

/**
 * @param {{
 *   row: Row, index: number, length: number, now: number, waiting: boolean, height: number, selected: boolean, folded: boolean, found: boolean,
 *   onSelect: (id: string) => void, onFold: (id: string) => void,
 * }} props found: the search matches it
 */
export function WaterfallRow({ row, index, length, now, waiting, height, selected, folded, found, onSelect, onFold }) {
  const { node, position, siblings } = row;
  const { span, children, depth } = node;
  const parent = children.length > 0;
  const fold = (/** @type {Event} */ event) => {
    event.stopPropagation();
    onFold(node.id);
  };
  const classes = [
    "wf-row",
    span ? `type-${knownType(span.type)}` : "is-note",
    span?.type === "message" && "is-handover",
    selected && "is-selected",
    found && "is-found",
  ];
  const onClick = () => (span ? onSelect(node.id) : onFold(node.id));
  return html`<div class=${classes.filter(Boolean).join(" ")} role="treeitem" id=${`row-${node.id}`}
    style=${{ top: `${index * height}px`, height: `${height}px` }}
    aria-level=${depth + 1} aria-posinset=${position} aria-setsize=${siblings}
    aria-selected=${String(selected)} aria-expanded=${parent ? String(!folded) : undefined} onClick=${onClick}>
    <div class="wf-who">
      <span class="guides" style=${{ width: `${Math.min(depth, DEEPEST) * INDENT_PX}px` }}></span>
      ${parent ? html`<button class=${`caret ${folded ? "" : "is-down"}`} type="button" tabindex="-1"
        aria-hidden="true" onClick=${fold}><${Icon} name="chevron" /></button>` : html`<span
        class="caret"></span>`}
      ${span
        ? html`<${TypeIcon} type=${span.type} /><${SpanName} span=${span} />
            ${span.status === "error" && html`<span class="row-error" title=${span.status_message ?? "Failed"}><${Icon}
              name="alert" label="Failed" /></span>`}
            ${folded && node.errorsBelow > 0 && html`<span class="row-below"
              title="Failed spans folded away below"><${Icon} name="alert" />${node.errorsBelow}</span>`}
            ${folded && html`<span class="row-count">+${children.length}</span>`}`
        : html`<${MissingParent} id=${missingParent(node)} waiting=${waiting} />`}
    </div>
    <div class="wf-when">${span && html`<${Bar} span=${span} length=${length} now=${now} />`}</div>
  </div>`;
}
