// The SQL editor: a plain text area over a coloured copy of its text.
import { html, useMemo, useRef } from "../../lib.js";
import { spans } from "../code.js";
import { sqlTokens } from "../highlight.js";

/** @typedef {{ line: number, start: number, end: number }} Place */

/**
 * @param {{ sql: string, onSql: (sql: string) => void, onRun: () => void, bad: Place | null }} props bad: where the error is
 */
export function Editor({ sql, onSql, onRun, bad }) {
  // After Escape the Tab key moves on, so that the editor is no trap for the keyboard.
  const leaving = useRef(false);
  const tokens = useMemo(() => spans(sqlTokens(sql)), [sql]);
  const lines = sql.split("\n").length;

  const onKeyDown = (/** @type {KeyboardEvent} */ event) => {
    const area = /** @type {HTMLTextAreaElement} */ (event.target);
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      onRun();
    } else if (event.key === "Tab" && !event.shiftKey && !leaving.current) {
      event.preventDefault();
      insert(area, "  ");
    } else if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      const line = area.value.slice(area.value.lastIndexOf("\n", area.selectionStart - 1) + 1, area.selectionStart);
      insert(area, `\n${/^\s*/.exec(line)?.[0] ?? ""}`);
    }
    leaving.current = event.key === "Escape";
  };
  return html`<div class="editor">
    <div class="editor-text">
      <div class="gutter" aria-hidden="true">${Array.from({ length: lines }, (_, i) => html`<span key=${i}
        class=${bad?.line === i + 1 ? "is-bad" : ""}>${i + 1}</span>`)}</div>
      <div class="editor-layers">
        <pre class="layer" aria-hidden="true">${tokens}${"\n"}</pre>
        ${bad && html`<pre class="layer marks" aria-hidden="true">
          ${sql.slice(0, bad.start)}<mark>${sql.slice(bad.start, bad.end)}</mark>
        </pre>`}
        <textarea class="code layer" id="sql" aria-label="SQL query" aria-describedby="sql-keys"
          aria-invalid=${bad ? "true" : undefined} spellcheck=${false} autocapitalize="off" autocomplete="off" wrap="off"
          value=${sql} onInput=${(/** @type {Event} */ event) => onSql(/** @type {HTMLTextAreaElement} */ (event.target).value)}
            onKeyDown=${onKeyDown}></textarea>
      </div>
    </div>
    <span id="sql-keys" class="visually-hidden">
      Control and Enter run the query. Tab indents; Escape and then Tab leaves the editor.
    </span>
  </div>`;
}

/** Types a text at the cursor, so that undo knows of it. @param {HTMLTextAreaElement} area @param {string} text */
export function insert(area, text) {
  area.focus();
  if (document.execCommand("insertText", false, text)) return;
  area.setRangeText(text, area.selectionStart, area.selectionEnd, "end");
  area.dispatchEvent(new Event("input", { bubbles: true }));
}
