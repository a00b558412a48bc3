// What the overview shows before the first span ever came: how to send one.
import { html } from "../../lib.js";
import { Copy } from "../copy.js";
import { PythonCode } from "../code.js";

const INSTALL = "pip install otel-agents";
const snippet = () => `from otel_agents import configure, monitor_operation

configure(service_name="my-app", endpoint="${location.origin}")
with monitor_operation("hello", agent_name="FirstAgent") as op:
    op.input("What is 6 × 7?")
    op.output("42")
`;

/** The outline of a trace to come: type, start and width in percent. @type {[string, number, number][]} */
const OUTLINE = [
  ["agent", 0, 100],
  ["model", 1, 17],
  ["message", 19, 3],
  ["agent", 23, 74],
  ["model", 24, 20],
  ["tool", 45, 8],
  ["model", 54, 30],
  ["tool", 85, 11],
];

const Sketch = () =>
  html`<div class="sketch" aria-hidden="true">${OUTLINE.map(([type, start, width], i) => html`<i key=${i}
    class=${`type-${type}`} style=${{ marginLeft: `${start}%`, width: `${width}%` }}></i>`)}</div>`;

export function FirstTrace() {
  const code = snippet();
  return html`<section class="first">
    <div class="first-words">
      <h1>Send the first trace</h1>
      <p>Nothing has been traced here yet. Run these lines, and the trace appears on this page by itself.</p>
      <p class="first-wait" role="status"><span class="live-dot"></span>Listening for spans on ${location.host}</p>
      <${Sketch} />
    </div>
    <ol class="first-steps">
      <li>
        <h2>Install</h2>
        <div class="snippet card"><pre>${INSTALL}</pre><${Copy} text=${INSTALL} label="Copy the install command" /></div>
      </li>
      <li>
        <h2>Trace an agent</h2>
        <div class="snippet card"><${PythonCode} code=${code} /><${Copy} text=${code} label="Copy the Python code" /></div>
      </li>
      <li class="first-or">
        <h2>Or watch a team of agents at work</h2>
        <div class="snippet card"><pre>otel-agents demo</pre><${Copy} text="otel-agents demo" label="Copy the demo command" /></div>
        <p class="muted">
          Programs that already use OpenTelemetry only need ${" "}<code>OTEL_EXPORTER_OTLP_ENDPOINT=${location.origin}</code>.
        </p>
      </li>
    </ol>
  </section>`;
}
