import { html } from "../lib.js"; export function SqlPage() { return html`<main>…</main>`; }
