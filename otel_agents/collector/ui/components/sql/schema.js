// The tables one can ask, with their columns; a click puts a name into the query.
import { html, useState } from "../../lib.js";
import { SearchField } from "../field.js";
import { Icon } from "../icons.js";
import { Skeleton } from "../states.js";

/** @typedef {import("../../types.js").Schema["tables"][number]} Table */

/** @param {{ table: Table, open: boolean, wanted: string, onPick: (name: string) => void }} props */
function TableColumns({ table, open, wanted, onPick }) {
  const columns = table.columns.filter(({ name, doc }) => `${name} ${doc}`.toLowerCase().includes(wanted));
  if (columns.length === 0) return null;
  return html`<details class="fold schema-table" open=${open || wanted !== ""}>
    <summary><${Icon} name="table" /><strong>${table.name}</strong><span class="muted">${table.columns.length}</span></summary>
    <ul>${columns.map(
      ({ name, type, doc }) => html`<li key=${name}><button type="button" title=${doc || name}
        onClick=${() => onPick(name)}><code>${name}</code><small>${type.toLowerCase()}</small></button></li>`,
    )}</ul>
  </details>`;
}

/** @param {{ schema: import("../../types.js").Schema | null, onPick: (name: string) => void }} props */
export function SchemaPanel({ schema, onPick }) {
  const [text, setText] = useState("");
  return html`<aside class="schema card" aria-label="Tables and columns">
    <${SearchField} label="Find a column" placeholder="Find a column" value=${text} onText=${setText} />
    <div class="schema-tables">
      ${schema ? schema.tables.map((table, i) => html`<${TableColumns} key=${table.name} table=${table} open=${i === 0}
        wanted=${text.trim().toLowerCase()} onPick=${onPick} />`) : html`<${Skeleton} lines=${10} />`}
    </div>
  </aside>`;
}
