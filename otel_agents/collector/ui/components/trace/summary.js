// The first tab of a span: its error, what was said or done, its tokens and facts.
import { count, moment, money, plural, withoutType } from "../../format.js";
import { html } from "../../lib.js";
import { traceLink } from "../../router.js";
import { Icon } from "../icons.js";
import { Chat } from "./chat.js";
import { Passage, Routes } from "./communication.js";
import { Facts, Price, Tokens } from "./facts.js";
import { contentOf, conversation } from "./messages.js";
import { Value } from "./prose.js";
import { ABANDONED } from "./head.js";
import { below, stateOf } from "./tree.js";

/** @typedef {import("../../types.js").Span} Span */
/** @typedef {import("./tree.js").TreeNode} TreeNode */

/** @param {{ span: Span, onStack: (() => void) | null }} props onStack: shows the stack trace, when there is one */
function ErrorBox({ span, onStack }) {
  return html`<div class="error-box">
    <${Icon} name="alert" />
    <div>
      <p><strong>${span.error_type ?? "Failed"}</strong></p>
      <p class="error-words">${withoutType(span.status_message, span.error_type) ?? "No message was recorded."}</p>
      ${onStack && html`<button class="button is-small" type="button" onClick=${onStack}>Stack trace</button>`}
    </div>
  </div>`;
}

/** @param {{ span: Span }} props */
function Content({ span }) {
  const { input, output } = contentOf(span);
  const tool = span.type === "tool";
  if (input === undefined && output === undefined) {
    return tool ? html`<p class="muted">Arguments and result were not recorded.</p>` : null;
  }
  return html`<div class="tool-content">
    ${input !== undefined && html`<section><h3>${tool ? "Arguments" : "Input"}</h3><${Value} value=${input} /></section>`}
    ${output !== undefined && html`<section><h3>${tool ? "Result" : "Output"}</h3><${Value} value=${output} /></section>`}
  </div>`;
}

/** What a span led to, in one line. @param {{ node: TreeNode }} props */
function Below({ node }) {
  const sums = below(node);
  const parts = [
    plural(sums.spans, "span"),
    sums.models > 0 && plural(sums.models, "model call"),
    sums.tools > 0 && plural(sums.tools, "tool call"),
    sums.tokens > 0 && `${count(sums.tokens)} tokens`,
    sums.cost !== null && money(sums.cost),
  ].filter(Boolean);
  return html`<p class="below"><span class="muted">Below it: </span>${parts.join(", ")}${sums.errors > 0 && html`, ${" "}<span
    class="is-error">${sums.errors} failed</span>`}</p>`;
}

/** The last model call below a span: its messages hold the whole conversation. @param {TreeNode} node @returns {Span | null} */
function lastModelCall(node) {
  const stack = [...node.children];
  /** @type {Span | null} */
  let last = null;
  for (let below = stack.pop(); below; below = stack.pop()) {
    const { span } = below;
    // Another agent's conversation is its own.
    if (span && span.type !== "agent") stack.push(...below.children);
    if (span?.type === "model" && (!last || span.offset_ms > last.offset_ms) && conversation(span)) last = span;
  }
  return last;
}

/** What was said of the span's work, by people or programs. @param {{ span: Span }} props */
function Evaluations({ span }) {
  return html`<section class="evaluations" aria-label="Evaluations">
    <h3>Evaluations</h3>
    <dl>${span.evaluations.map(
      (one, i) => html`<div key=${i}>
        <dt class="truncate" title=${moment(one.time)}>${one.name ?? "unnamed"}</dt>
        <dd>${one.score !== null && html`<b class="tabular">${Math.round(one.score * 1e4) / 1e4}</b>`}${one.label && html`<span
          class="chip is-plain">${one.label}</span>`}${one.explanation && html`<span class="muted">${one.explanation}</span>`}</dd>
      </div>`,
    )}</dl>
  </section>`;
}

/** @param {{ traceId: string, node: TreeNode, span: Span, onStack: (() => void) | null }} props */
export function Summary({ traceId, node, span, onStack }) {
  const own = conversation(span);
  const last = own ? null : lastModelCall(node);
  const borrowed = last && conversation(last);
  return html`
    ${span.status === "error" && html`<${ErrorBox} span=${span} onStack=${onStack} />`}
    ${stateOf(span) === "abandoned" && html`<p class="abandoned-note"><${Icon} name="warning" />${ABANDONED}</p>`}
    ${span.type === "message" && html`<${Passage} span=${span} />`}
    ${span.type !== "model" && span.type !== "message" && html`<${Content} span=${span} />`}
    ${node.children.length > 0 && html`<${Below} node=${node} />`}
    <${Tokens} span=${span} />
    <${Price} span=${span} />
    <${Routes} span=${span} />
    ${span.evaluations.length > 0 && html`<${Evaluations} span=${span} />`}
    ${own && html`<${Chat} chat=${own} />`}
    ${last && borrowed && html`<p class="borrowed muted">The conversation, as ${" "}<a
      href=${traceLink(traceId, last.span_id)}>its last model call</a> saw it:</p><${Chat} chat=${borrowed} />`}
    ${span.type === "model" && !own && html`<p class="muted">The messages of this call were not recorded.</p>`}
    <${Facts} span=${span} />`;
}
