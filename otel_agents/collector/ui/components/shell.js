// The header of every page, the theme switch and the banner shown while the collector is away.
import { fetchMe, logOut, reachable } from "../api.js";
import { effect, html, signal } from "../lib.js";
import { liveState } from "../live.js";
import { Icon } from "./icons.js";

/** @typedef {"system" | "light" | "dark"} Theme */
/** @type {[Theme, string, string][]} */
const THEMES = [
  ["system", "system", "As the system"],
  ["light", "sun", "Light"],
  ["dark", "moon", "Dark"],
];

const root = document.documentElement;
/** The theme the user chose; "system" follows the machine. */
export const theme = signal(/** @type {Theme} */ (root.dataset.theme ?? "system"));
/** Counts the changes of colours on the screen, for what is painted on a canvas. */
export const repaints = signal(0);

effect(() => {
  const chosen = theme.value;
  if (chosen === "system") delete root.dataset.theme;
  else root.dataset.theme = chosen;
  try {
    localStorage.setItem("otel-agents.theme", chosen);
  } catch {
    // Storage is blocked: the choice lasts as long as the page.
  }
  repaints.value = repaints.peek() + 1;
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => (repaints.value += 1));

function ThemeSwitch() {
  const at = THEMES.findIndex(([name]) => name === theme.value);
  const [, icon, label] = THEMES[at];
  const [next, , nextLabel] = THEMES[(at + 1) % THEMES.length];
  return html`<button class="icon-button" type="button" onClick=${() => (theme.value = next)}
    aria-label=${`Colours: ${label}. Change to: ${nextLabel}`} title=${`Colours: ${label}`}>
    <${Icon} name=${icon} />
  </button>`;
}

function LiveMark() {
  const on = liveState.value === "on";
  return html`<span class=${`live-mark ${on ? "is-on" : ""}`} role="status"
    title=${on ? "New spans appear by themselves" : "Waiting for the collector"}>
    <span class="live-dot"></span><span class="live-word">${on ? "Connected" : "Waiting"}</span>
  </span>`;
}

/** Who is logged in; null where nobody has to. */
const me = signal(/** @type {import("../types.js").Me | null} */ (null));
void fetchMe().then(
  (answer) => (me.value = answer.session && answer.keys_required ? answer : null),
  () => {}, // the banner tells that the collector is away
);

function LogOut() {
  if (!me.value) return null;
  const label = `Log out ${me.value.name}${me.value.tenant ? ` of ${me.value.tenant}` : ""}`;
  return html`<button class="icon-button" type="button" onClick=${() => void logOut()} aria-label=${label} title=${label}>
    <${Icon} name="leave" />
  </button>`;
}

/** @param {{ current: string }} props */
export function Header({ current }) {
  /** @type {[string, string, string][]} */
  const pages = [
    ["", "#/", "Overview"],
    ["traces", "#/traces", "Traces"],
    ["sql", "#/sql", "SQL"],
    ["alerts", "#/alerts", "Alerts"],
  ];
  return html`<header class="header">
    <a class="brand" href="#/" aria-label="otel-agents, overview">
      <svg viewBox="0 0 24 24" aria-hidden="true"><rect class="b1" x="1" y="4" width="14" height="4" rx="2" /><rect
        class="b2" x="6" y="10" width="10" height="4" rx="2" /><rect class="b3" x="12" y="16" width="11" height="4"
        rx="2" /></svg>
      <span>otel-agents</span>
    </a>
    <nav aria-label="Pages">
      ${pages.map(([name, href, text]) => html`<a key=${name} href=${href}
        aria-current=${name === current ? "page" : undefined}>${text}</a>`)}
    </nav>
    <div class="header-end"><${LiveMark} /><${ThemeSwitch} /><${LogOut} /></div>
  </header>`;
}

/** Appears when the collector stops answering and goes away by itself. */
export function Unreached() {
  if (reachable.value) return null;
  return html`<div class="banner" role="alert">
    <${Icon} name="warning" />
    <p>
      <strong>The collector at ${location.host} does not answer.</strong>${" "}
      Start it with ${" "}<code>otel-agents up</code>; this page goes on by itself.
    </p>
  </div>`;
}
