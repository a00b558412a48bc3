// One chart over time by uPlot; its legend above it reads out the bucket under the pointer.
import { html, uPlot, useEffect, useMemo, useRef, useState } from "../lib.js";
import { repaints } from "./shell.js";

/**
 * @typedef {{
 *   label: string,
 *   values: (number | null)[],
 *   color: string,
 *   line?: boolean,
 *   dots?: boolean,
 *   under?: (number | null)[],
 * }} ChartSeries
 * color: a custom property such as "--tool-fill"; line: drawn as a line, or as dots where it is not 0, otherwise as bars;
 * under: what this series is stacked on
 */

const HEIGHT = 148;
const bars = uPlot.paths.bars?.({ size: [0.76, 18], radius: 0.12 });
/** The least and the most room for the labels of an axis, and about what a letter takes, in pixels. */
const [AXIS_MIN, AXIS_MAX, LETTER] = [34, 72, 6.3];
const hours = new Intl.DateTimeFormat("en", { hour: "2-digit", minute: "2-digit", hour12: false });
const days = new Intl.DateTimeFormat("en", { day: "numeric", month: "short" });

/** The colour a custom property stands for now. @param {HTMLElement} host @param {string} property */
function colorOf(host, property) {
  const probe = document.createElement("span");
  probe.style.color = `var(${property})`;
  host.append(probe);
  const color = getComputedStyle(probe).color;
  probe.remove();
  return color;
}

/**
 * @param {HTMLElement} host
 * @param {number} bucket seconds
 * @param {ChartSeries[]} series
 * @param {{ tick: (value: number) => string, steps?: number[] }} labels
 * @param {(index: number | null) => void} onPoint
 * @returns {uPlot.Options}
 */
function options(host, bucket, series, labels, onPoint) {
  const ink = colorOf(host, "--ink-3");
  const grid = { stroke: colorOf(host, "--line"), width: 1 };
  const font = `11px ${getComputedStyle(host).fontFamily}`;
  return {
    width: Math.max(120, host.clientWidth),
    height: HEIGHT,
    padding: [8, 6, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { show: series.some((one) => one.line) }, drag: { x: false, y: false }, sync: { key: "overview" } },
    scales: {
      x: { time: true, range: (_, min, max) => [min - bucket / 2, max + bucket / 2] },
      y: { range: (_, __, max) => [0, max > 0 ? max * 1.12 : 1] },
    },
    axes: [
      {
        stroke: ink, font, size: 26, gap: 6, space: 64, grid: { show: false }, ticks: { show: false },
        values: (u, ticks) => {
          const wide = (u.scales.x.max ?? 0) - (u.scales.x.min ?? 0) > 2 * 86_400;
          return ticks.map((tick) => (wide ? days : hours).format(tick * 1000));
        },
      },
      {
        stroke: ink, font, size: axisSize, gap: 6, space: 34, grid, ticks: { show: false },
        incrs: labels.steps,
        values: (_, ticks) => ticks.map(labels.tick),
      },
    ],
    series: [
      {},
      ...series.map((one) => {
        const color = colorOf(host, one.color);
        if (one.line) return { stroke: color, width: 1.75, spanGaps: true, points: { show: true, size: 4, fill: color } };
        if (one.dots) return { stroke: color, paths: () => null, points: { show: true, size: 6, width: 0, fill: color } };
        return { fill: color, width: 0, paths: bars, points: { show: false } };
      }),
    ],
    hooks: { setCursor: [(u) => onPoint(u.cursor.idx ?? null)] },
  };
}

/** @param {unknown} _ @param {string[] | null} labels */
function axisSize(_, labels) {
  const longest = Math.max(0, ...(labels ?? []).map((label) => label.length));
  return Math.min(AXIS_MAX, Math.max(AXIS_MIN, 14 + LETTER * longest));
}

/** @param {ChartSeries} series */
function drawn({ values, under, dots }) {
  if (dots) return values.map((value) => value || null);
  return under ? values.map((value, i) => (value ?? 0) + (under[i] ?? 0)) : values;
}

/**
 * @param {{
 *   title: string, time: number[], bucket: number, series: ChartSeries[],
 *   format: (value: number | null) => string, summary: string[],
 *   tick?: (value: number) => string, steps?: number[],
 * }} props summary: what the legend says of each series while nothing is pointed at;
 *   tick, steps: how the axis is labelled and where it may have its lines
 */
export function Chart({ title, time, bucket, series, format, summary, tick = format, steps }) {
  const host = useRef(/** @type {HTMLDivElement | null} */ (null));
  const plot = useRef(/** @type {uPlot | null} */ (null));
  const [point, setPoint] = useState(/** @type {number | null} */ (null));
  // What is stacked on top is painted first, so that the lower part covers its foot.
  const painted = useMemo(() => [...series].sort((a, b) => Number(Boolean(b.under)) - Number(Boolean(a.under))), [series]);
  // A bucket's figures stand in its middle.
  const data = useMemo(() => {
    const middles = time.map((start) => start + bucket / 2);
    return /** @type {uPlot.AlignedData} */ ([middles, ...painted.map(drawn)]);
  }, [time, painted]);
  const latest = useRef(data);
  latest.current = data;

  useEffect(() => {
    const element = /** @type {HTMLDivElement} */ (host.current);
    const u = new uPlot(options(element, bucket, painted, { tick, steps }, setPoint), latest.current, element);
    plot.current = u;
    const resize = new ResizeObserver(() => u.setSize({ width: Math.max(120, element.clientWidth), height: HEIGHT }));
    resize.observe(element);
    return () => {
      resize.disconnect();
      u.destroy();
      plot.current = null;
    };
  }, [bucket, repaints.value]);
  useEffect(() => plot.current?.setData(data), [data]);

  const at = point !== null && point < time.length ? point : null;
  const words = series.map((one, i) => `${one.label} ${summary[i]}`);
  return html`<figure class="chart card">
    <figcaption class="chart-head">
      <h2>${title}</h2>
      <p class="legend tabular">
        ${at !== null && html`<span class="legend-time">${(bucket >= 86_400 ? days : hours).format(time[at] * 1000)}</span>`}
        ${series.map(
          (one, i) => html`<span key=${one.label}>
            <i style=${{ background: `var(${one.color})` }}></i>${one.label}${" "}<b>${at === null ? summary[i] : format(one.values[at])}</b>
          </span>`,
        )}
      </p>
    </figcaption>
    <div ref=${host} role="img" aria-label=${`${title} over time: ${words.join(", ")}`}></div>
  </figure>`;
}
