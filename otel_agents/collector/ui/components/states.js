// What a page shows when it has nothing to show yet, nothing at all, or an error.
import { Unreachable } from "../api.js";
import { html } from "../lib.js";
import { Icon } from "./icons.js";

/** Grey bars in the place of lines to come. @param {{ lines?: number, height?: number }} props */
export function Skeleton({ lines = 3, height = 14 }) {
  const widths = ["92%", "78%", "85%", "64%", "88%", "71%"];
  return html`<div class="skeleton" aria-hidden="true">
    ${Array.from({ length: lines }, (_, i) => html`<span key=${i} style=${{ width: widths[i % 6], height: `${height}px` }}></span>`)}
  </div>`;
}

/** @param {{ icon?: string, title: string, children?: import("../lib.js").ComponentChildren }} props */
export function Empty({ icon = "search", title, children }) {
  return html`<div class="empty">
    <${Icon} name=${icon} class="empty-icon" />
    <p class="empty-title">${title}</p>
    ${children && html`<div class="empty-text">${children}</div>`}
  </div>`;
}

/** @param {{ error: Error, retry?: () => void }} props */
export function Failure({ error, retry }) {
  const away = error instanceof Unreachable;
  return html`<div class="empty" role="alert">
    <${Icon} name="warning" class="empty-icon is-error" />
    <p class="empty-title">${away ? "The collector does not answer" : "This did not work"}</p>
    <div class="empty-text">
      <p>${away ? "The page goes on by itself as soon as the collector is back." : error.message}</p>
      ${retry && !away && html`<button class="button" onClick=${retry}>Try again</button>`}
    </div>
  </div>`;
}
