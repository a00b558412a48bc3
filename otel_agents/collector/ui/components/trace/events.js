// What happened during a span: exceptions with readable stack traces, and other events on their time.
import { duration } from "../../format.js";
import { html } from "../../lib.js";
import { Copy } from "../copy.js";
import { Icon } from "../icons.js";
import { Empty } from "../states.js";
import { AttributeList } from "./attributes.js";

/** @typedef {import("../../types.js").Span} Span */
/** @typedef {import("../../types.js").SpanEvent} SpanEvent */

const EXCEPTION_KEYS = ["exception.type", "exception.message", "exception.stacktrace"];
const RAISED = /^[\w.]+(Error|Exception|Interrupt|Exit|Warning)?:/;
const FRAME = /^(\s+File ")(.*?)(", line )(\d+)(, in )(.*)$/;

/** Python's frames with the place picked out; any other language's trace as it is. @param {{ text: string }} props */
export function StackTrace({ text }) {
  const lines = text.replace(/\n+$/, "").split("\n");
  return html`<div class="stack">
    <${Copy} text=${text} label="Copy the stack trace" />
    <pre class="code">${lines.map((line, i) => {
      const end = i < lines.length - 1 ? "\n" : "";
      const frame = FRAME.exec(line);
      if (!frame) return html`<span class=${RAISED.test(line) ? "stack-error" : "stack-code"}>${line}${end}</span>`;
      const [, open, file, comma, number, inside, where] = frame;
      const slash = file.lastIndexOf("/") + 1;
      const folder = open + file.slice(0, slash);
      return html`<span class="stack-frame">${folder}<b>${file.slice(slash)}</b>${comma}<b>${number}</b>${inside}<b>${where}</b>${end}</span>`;
    })}</pre>
  </div>`;
}

/** @param {{ event: SpanEvent, started: number }} props started: of the span, milliseconds since the epoch */
function EventView({ event, started }) {
  const { attributes } = event;
  const exception = event.name === "exception";
  const stack = attributes["exception.stacktrace"];
  const shown = exception ? EXCEPTION_KEYS : [];
  const others = Object.fromEntries(Object.entries(attributes).filter(([key]) => !shown.includes(key)));
  return html`<li class=${exception ? "event is-exception" : "event"}>
    <p class="event-head"><${Icon} name=${exception ? "alert" : "other"} />
      <strong class="truncate">${exception ? String(attributes["exception.type"] ?? "exception") : event.name}</strong>
      <span class="muted tabular" title=${event.time}>+${duration(Date.parse(event.time) - started)}</span></p>
    ${exception && attributes["exception.message"] !== undefined && html`<p
      class="event-words">${String(attributes["exception.message"])}</p>`}
    ${typeof stack === "string" && stack && html`<${StackTrace} text=${stack} />`}
    ${Object.keys(others).length > 0 && html`<${AttributeList} attributes=${others} />`}
  </li>`;
}

/** @param {{ span: Span }} props */
export function Events({ span }) {
  if (span.events.length === 0 && span.status !== "error") return html`<${Empty} icon="clock"
    title="Nothing happened but the span itself" />`;
  const started = Date.parse(span.start_time);
  const silent = span.status === "error" && !span.events.some((event) => event.name === "exception");
  return html`<ul class="events">
    ${silent && html`<li class="event is-exception"><p class="event-head"><${Icon}
      name="alert" /><strong>${span.error_type ?? "Failed"}</strong></p><p
      class="event-words">${span.status_message ?? "No message was recorded."}</p></li>`}
    ${span.events.map((event, i) => html`<${EventView} key=${i} event=${event} started=${started} />`)}
  </ul>`;
}
