// The filters over the list of traces; what is chosen is in the address.
import { html, useEffect, useRef, useState } from "../../lib.js";
import { route, setQuery } from "../../router.js";
import { Segmented } from "../chips.js";
import { SearchField } from "../field.js";
import { Icon } from "../icons.js";

const TYPING_MS = 250;
const TIMES = [
  ["", "Any time"],
  ["15", "Last 15 minutes"],
  ["60", "Last hour"],
  ["360", "Last 6 hours"],
  ["1440", "Last 24 hours"],
  ["10080", "Last 7 days"],
];

/** @type {[string, string][]} */
const STATUSES = [
  ["", "All"],
  ["ok", "OK"],
  ["error", "Failed"],
  ["running", "Running"],
];

/**
 * @param {{ label: string, value: string, options: string[][], onChange: (value: string) => void }} props
 */
function Select({ label, value, options, onChange }) {
  const change = (/** @type {Event} */ event) => onChange(/** @type {HTMLSelectElement} */ (event.target).value);
  return html`<span class="select-box">
    <select class="select" aria-label=${label} value=${value} onChange=${change}>
      ${options.map(([key, text]) => html`<option key=${key} value=${key}>${text}</option>`)}
    </select><${Icon} name="expand" />
  </span>`;
}

/** The text filter: it waits until typing pauses, and "/" jumps to it. */
function Search() {
  const asked = route.value.query.q ?? "";
  const [text, setText] = useState(asked);
  const field = useRef(/** @type {HTMLInputElement | null} */ (null));
  useEffect(() => setText(asked), [asked]);
  useEffect(() => {
    if (text === asked) return;
    const timer = setTimeout(() => setQuery({ q: text }), TYPING_MS);
    return () => clearTimeout(timer);
  }, [text]);
  useEffect(() => {
    const jump = (/** @type {KeyboardEvent} */ event) => {
      const typing = event.target instanceof Element && event.target.closest("input, textarea, select");
      if (event.key !== "/" || typing || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      field.current?.focus();
    };
    addEventListener("keydown", jump);
    return () => removeEventListener("keydown", jump);
  }, []);
  return html`<${SearchField} class="search" label="Search traces" placeholder="Search names, messages, errors"
    value=${text} onText=${setText} field=${field}><kbd aria-hidden="true">/</kbd><//>`;
}

/** @param {{ agents: string[] }} props every agent there is to filter by */
export function Filters({ agents }) {
  const { agent = "", status = "", minutes = "" } = route.value.query;
  const known = agent && !agents.includes(agent) ? [agent, ...agents] : agents;
  const choose = (/** @type {string} */ name) => (/** @type {string} */ value) => setQuery({ [name]: value });
  return html`<div class="filters" role="search">
    <${Search} />
    <${Select} label="Agent" value=${agent} onChange=${choose("agent")}
      options=${[["", "Every agent"], ...known.map((name) => [name, name])]} />
    <${Select} label="Time" value=${minutes} onChange=${choose("minutes")} options=${TIMES} />
    <${Segmented} label="Status" value=${status} onChange=${choose("status")} options=${STATUSES} />
  </div>`;
}
