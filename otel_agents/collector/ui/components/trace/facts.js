// The facts of one span: tokens as parts of their whole, and what else is known of it.
import { count, duration, exact, moment, money } from "../../format.js";
import { html } from "../../lib.js";
import { link } from "../../router.js";
import { requestsOf } from "../sql/links.js";
import { lastSeen, stateOf } from "./tree.js";

/** @typedef {import("../../types.js").Span} Span */

/** @typedef {[name: string, tokens: number, tone: string]} TokenPart */

/** @param {{ label: string, total: number, parts: TokenPart[] }} props */
function TokenBar({ label, total, parts }) {
  const there = parts.filter(([, tokens]) => tokens > 0);
  return html`<div class="tokens">
    <p class="tokens-head"><span>${label}</span><b class="tabular">${exact(total)}</b></p>
    <div class="tokens-bar" aria-hidden="true">${there.map(([name, tokens, tone]) => html`<i key=${name} class=${tone}
      style=${{ flexGrow: tokens }}></i>`)}</div>
    ${there.length > 1 && html`<p class="tokens-parts">${there.map(([name, tokens, tone]) => html`<span key=${name}><i
      class=${tone}></i>${name}${" "}<b class="tabular">${exact(tokens)}</b></span>`)}</p>`}
  </div>`;
}

/** The parts never overlap: cached tokens are part of the input, reasoning of the output. @param {{ span: Span }} props */
export function Tokens({ span }) {
  if (span.input_tokens === null && span.output_tokens === null) return null;
  const input = span.input_tokens ?? 0;
  const output = span.output_tokens ?? 0;
  const read = span.cache_read_tokens ?? 0;
  const write = span.cache_write_tokens ?? 0;
  const reasoning = span.reasoning_tokens ?? 0;
  /** @type {TokenPart[]} */
  const inputs = [
    ["new", Math.max(0, input - read - write), "tone-1"],
    ["read from cache", read, "tone-2"],
    ["written to cache", write, "tone-3"],
  ];
  /** @type {TokenPart[]} */
  const outputs = [["answer", Math.max(0, output - reasoning), "tone-4"], ["reasoning", reasoning, "tone-5"]];
  return html`<div class="token-bars">
    ${span.input_tokens !== null && html`<${TokenBar} label="Input tokens" total=${input} parts=${inputs} />`}
    ${span.output_tokens !== null && html`<${TokenBar} label="Output tokens" total=${output} parts=${outputs} />`}
  </div>`;
}

/** @param {Span} span */
function speed({ output_tokens: output, duration_ms: ms, ttft_ms: first }) {
  const writing = (ms ?? 0) - (first ?? 0);
  return output && writing > 0 ? `${count((1000 * output) / writing)} tokens/s` : null;
}

/** What one asks first of a model call, before its long conversation. @param {{ span: Span }} props */
export function Price({ span }) {
  if (span.type !== "model") return null;
  /** @type {[string, string | null | false][]} */
  const parts = [
    ["Cost", span.cost === null ? "unknown" : money(span.cost)],
    ["First token", span.ttft_ms !== null && duration(span.ttft_ms)],
    ["Speed", speed(span)],
  ];
  return html`<dl class="price">${parts.filter(([, text]) => text).map(([name, text]) => html`<div
    key=${name}><dt>${name}</dt><dd class="tabular">${text}</dd></div>`)}</dl>`;
}

/** When a span ended, or what is known instead. @param {Span} span */
function ended(span) {
  const state = stateOf(span);
  if (state === "running") return "still running";
  if (state === "abandoned") return `never; its program was last heard of ${moment(new Date(lastSeen(span)).toISOString())}`;
  return span.end_time && moment(span.end_time);
}

/** @param {{ span: Span }} props */
export function Facts({ span }) {
  /** @type {[string, unknown][]} */
  const facts = [
    ["Agent", span.agent && html`<a href=${link("/traces", { agent: span.agent })}>${span.agent}</a>`],
    ["Model", span.model],
    ["Provider", span.provider],
    ["Tool", span.tool],
    ["Cost", span.type !== "model" && span.cost !== null && money(span.cost)],
    ["Price from", span.cost_source],
    ["Session", span.session_id && html`<a href=${requestsOf("session_id", span.session_id)}>${span.session_id}</a>`],
    ["User", span.user_id && html`<a href=${requestsOf("user_id", span.user_id)}>${span.user_id}</a>`],
    ["Tenant", span.tenant],
    ["Started", moment(span.start_time)],
    ["Ended", ended(span)],
    ["Operation", span.operation],
    ["Service", span.service_name],
    ["Scope", span.scope_name],
    ["Kind", span.kind],
  ];
  return html`<dl class="facts">${facts.filter(([, value]) => value).map(([name, value]) => html`<div
    key=${name}><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
}
