// The queries that are saved in the collector: to open, share, rename and delete, and a way to save one more.
import { deleteQuery, fetchSaved, renameQuery, saveQuery } from "../../api.js";
import { html, useEffect, useState } from "../../lib.js";
import { link } from "../../router.js";
import { Copy } from "../copy.js";
import { Icon } from "../icons.js";
import { Skeleton } from "../states.js";

/** @typedef {import("../../types.js").SavedQuery} SavedQuery */

/** The address that opens a saved query. @param {string} name */
const address = (name) => new URL(link("/sql", { saved: name }), location.href).href;

/**
 * @param {{
 *   sql: string, opened: SavedQuery | null, onSaved: (query: SavedQuery) => void, onOpen: (query: SavedQuery) => void,
 * }} props opened: the one the text comes from
 */
export function Saved({ sql, opened, onSaved, onOpen }) {
  const [queries, setQueries] = useState(/** @type {SavedQuery[] | null} */ (null));
  const [fault, setFault] = useState("");
  const [renamed, setRenamed] = useState(/** @type {string | null} */ (null));

  /** Does something and looks at the list again. @param {() => Promise<unknown>} change */
  const after = async (change) => {
    try {
      await change();
      setFault("");
      setRenamed(null);
      setQueries(await fetchSaved());
    } catch (error) {
      setFault(/** @type {Error} */ (error).message);
    }
  };
  useEffect(() => void after(async () => {}), []);

  const onSave = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const as = text(event, "name");
    const about = text(event, "about");
    void after(async () => {
      await saveQuery(as, sql, about);
      onSaved({ name: as, sql, about, changed: "", changed_by: "" });
    });
  };
  return html`<div class="saved">
    <form class="saved-form" onSubmit=${onSave}>
      <input class="field" name="name" aria-label="Name of the query" placeholder="Save this query as …" required
        maxlength="100" value=${opened?.name ?? ""} />
      <input class="field" name="about" aria-label="What it answers" placeholder="What it answers"
        value=${opened?.about ?? ""} />
      <button class="button is-primary" type="submit" disabled=${!sql.trim()}><${Icon} name="save" />Save</button>
    </form>
    ${fault && html`<p class="saved-fault" role="alert">${fault}</p>`}
    ${queries === null && !fault && html`<${Skeleton} lines=${3} />`}
    ${queries?.length === 0 && html`<p class="choices-none muted">None is saved yet. Saved queries are kept by the collector,
      for everybody who uses it and for the command line.</p>`}
    <ul class="choices">${queries?.map((query) => html`<li key=${query.name} class="saved-item">
      ${renamed === query.name
        ? html`<form class="saved-form" onSubmit=${(/** @type {SubmitEvent} */ event) => {
            event.preventDefault();
            const to = text(event, "name");
            void after(() => renameQuery(query.name, to));
          }}><input class="field" name="name" aria-label="New name" required maxlength="100" value=${query.name} />
          <button class="button" type="submit">Rename</button></form>`
        : html`<button type="button" onClick=${() => onOpen(query)}><strong>${query.name}</strong>
          <small>${query.about || query.sql.slice(0, 80)}</small></button>
          <span class="saved-tools">
            <${Copy} text=${address(query.name)} label=${`Copy a link to ${query.name}`} />
            <button class="copy" type="button" aria-label=${`Rename ${query.name}`}
              onClick=${() => setRenamed(query.name)}><${Icon} name="edit" /></button>
            <button class="copy" type="button" aria-label=${`Delete ${query.name}`}
              onClick=${() => void after(() => deleteQuery(query.name))}><${Icon} name="trash" /></button>
          </span>`}
    </li>`)}</ul>
  </div>`;
}

/** A field's text. @param {SubmitEvent} event @param {string} name */
function text(event, name) {
  const form = /** @type {HTMLFormElement} */ (event.target);
  return String(new FormData(form).get(name) ?? "").trim();
}
