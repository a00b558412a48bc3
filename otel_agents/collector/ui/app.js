// The page around the pages: header, banner, and which page the address asks for.
import { Condition } from "./components/condition.js";
import { Header, Unreached } from "./components/shell.js";
import { html, render, useEffect } from "./lib.js";
import { startLive } from "./live.js";
import { AlertsPage } from "./pages/alerts.js";
import { OverviewPage } from "./pages/overview.js";
import { SqlPage } from "./pages/sql.js";
import { TracePage } from "./pages/trace.js";
import { TracesPage } from "./pages/traces.js";
import { Empty } from "./components/states.js";
import { route } from "./router.js";

/** @type {Record<string, string>} */
const TITLES = { "": "Overview", traces: "Traces", sql: "SQL", alerts: "Alerts" };

function Page() {
  const { parts } = route.value;
  const [first = "", id] = parts;
  if (first === "" && parts.length === 0) return html`<${OverviewPage} />`;
  if (first === "traces" && id) return html`<${TracePage} key=${id} id=${id} />`;
  if (first === "traces") return html`<${TracesPage} />`;
  if (first === "alerts") return html`<${AlertsPage} />`;
  if (first === "sql") return html`<${SqlPage} />`;
  return html`<main class="page"><${Empty} title="There is no such page"><a href="#/">Go to the overview</a><//></main>`;
}

function App() {
  const [first = "", id] = route.value.parts;
  useEffect(() => {
    document.title = `${id ? "Trace" : (TITLES[first] ?? "Not found")} · otel-agents`;
    scrollTo(0, 0);
  }, [first, id]);
  return html`<a class="skip" href="#content" onClick=${skip}>Skip to content</a>
    <${Header} current=${first} />
    <${Unreached} />
    <${Condition} overview=${route.value.parts.length === 0} />
    <${Page} />`;
}

/** The address's hash is the route, so the skip link moves the focus itself. @param {Event} event */
function skip(event) {
  event.preventDefault();
  const main = document.querySelector("main");
  main?.setAttribute("tabindex", "-1");
  main?.focus();
}

startLive();
render(html`<${App} />`, /** @type {HTMLElement} */ (document.getElementById("app")));
