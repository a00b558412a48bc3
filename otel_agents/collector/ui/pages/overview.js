// The overview: health, figures against the window before, charts, tables, errors.
import { fetchOverview, fetchTraces } from "../api.js";
import { AlertStrip, useFiring } from "../components/alerts/strip.js";
import { Segmented } from "../components/chips.js";
import { Charts } from "../components/overview/charts.js";
import { RecentErrors } from "../components/overview/errors.js";
import { FirstTrace } from "../components/overview/first-trace.js";
import { HealthBadge } from "../components/overview/health.js";
import { Agents, Models, Tools } from "../components/overview/tables.js";
import { Tiles } from "../components/overview/tiles.js";
import { Empty, Failure, Skeleton } from "../components/states.js";
import { html, useEffect } from "../lib.js";
import { useLive } from "../live.js";
import { useResource } from "../resource.js";
import { route, setQuery } from "../router.js";

/** @type {[minutes: string, short: string, words: string][]} */
const WINDOWS = [
  ["15", "15 m", "15 minutes"],
  ["60", "1 h", "hour"],
  ["360", "6 h", "6 hours"],
  ["1440", "24 h", "24 hours"],
  ["10080", "7 d", "7 days"],
];
const DEFAULT = WINDOWS[1];
const SLIDE_MS = 15_000;

/** Whether any trace was ever stored; the overview itself knows only its window. @param {AbortSignal} abort */
const anyTrace = async (abort) => (await fetchTraces({ limit: 1 }, abort)).traces.length > 0;

/** @param {number} minutes @param {AbortSignal} abort */
async function load(minutes, abort) {
  const overview = await fetchOverview(minutes, abort);
  return { overview, everUsed: overview.totals.spans > 0 || (await anyTrace(abort)) };
}

export function OverviewPage() {
  const [minutes, , span] = WINDOWS.find(([value]) => value === route.value.query.minutes) ?? DEFAULT;
  const { data, error, refetch } = useResource(minutes, (abort) => load(Number(minutes), abort), { keep: true });
  const firing = useFiring();
  useLive(refetch, { everyMs: 2000 });
  useEffect(() => {
    // Without any commit the window slides all the same.
    const timer = setInterval(() => document.hidden || refetch(), SLIDE_MS);
    return () => clearInterval(timer);
  }, [refetch]);

  if (error) return html`<main class="page" id="content"><${Failure} error=${error} retry=${refetch} /></main>`;
  if (!data) return html`<${Loading} />`;
  if (!data.everUsed) return html`<main class="page" id="content"><${FirstTrace} /></main>`;

  const { overview } = data;
  const pick = (/** @type {string} */ value) => setQuery({ minutes: value === DEFAULT[0] ? null : value });
  return html`<main class="page overview" id="content">
    <div class="page-head">
      <${HealthBadge} health=${overview.health} alerts=${firing.length} />
      <${Segmented} label="Window" options=${WINDOWS.map(([value, short]) => [value, short])} value=${minutes} onChange=${pick} />
    </div>
    <${AlertStrip} firing=${firing} />
    ${overview.totals.spans === 0
      ? html`<div class="card">
          <${Empty} icon="clock" title=${`Nothing was traced in the last ${span}`}>Earlier traces are there: choose a longer window.<//>
        </div>`
      : html`<${Tiles} overview=${overview} span=${span} />
          <${Charts} overview=${overview} />
          <div class="tables">
            <div><${Agents} rows=${overview.agents} /><${Models} rows=${overview.models} /><${Tools} rows=${overview.tools} /></div>
            <${RecentErrors} groups=${overview.errors} />
          </div>`}
  </main>`;
}

function Loading() {
  return html`<main class="page overview" id="content" aria-busy="true">
    <div class="page-head"><div class="health"><${Skeleton} lines=${2} height=${18} /></div></div>
    <div class="tiles card">${[1, 2, 3, 4, 5].map((i) => html`<div class="tile" key=${i}><${Skeleton} lines=${3} /></div>`)}</div>
    <div class="charts">${[1, 2, 3, 4].map((i) => html`<div class="chart card" key=${i}><${Skeleton} lines=${1}
      height=${172} /></div>`)}</div>
    <div class="tables">${[1, 2].map((i) => html`<div class="card loading-card" key=${i}><${Skeleton} lines=${6} /></div>`)}</div>
  </main>`;
}
