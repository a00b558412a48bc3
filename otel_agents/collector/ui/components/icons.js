// Icons as inline drawings on a 16-pixel grid, in the colour of the text around them.
import { html } from "../lib.js";

/** @type {Record<string, string>} */
const PATHS = {
  agent: "M8 1.5v2M4.5 3.5h7a2 2 0 0 1 2 2v5a2 2 0 0 1-2 2h-7a2 2 0 0 1-2-2v-5a2 2 0 0 1 2-2zM6 7v1.5M10 7v1.5M.8 7.5v2M15.2 7.5v2",
  model: "M8 1.5c.5 3.6 2.4 5.8 6.3 6.5-3.9.7-5.8 2.9-6.3 6.5-.5-3.6-2.4-5.8-6.3-6.5C5.6 7.3 7.5 5.1 8 1.5z",
  tool: "M13.9 4.2a3.5 3.5 0 0 1-4.7 4.1l-5 5a1.4 1.4 0 0 1-2-2l5-5a3.5 3.5 0 0 1 4.4-4.5L9.5 4l.4 2 2 .5z",
  workflow: "M2 2.5h4v4H2zM10 9.5h4v4h-4zM4 6.5v3a2 2 0 0 0 2 2h4",
  message: "M1.5 8h12M9.5 4l4 4-4 4",
  other: "M8 4.5a3.5 3.5 0 1 1 0 7 3.5 3.5 0 0 1 0-7z",
  check: "M3 8.5l3.3 3.3L13 4.8",
  cross: "M4 4l8 8M12 4l-8 8",
  alert: "M8 5v3.8M8 11.2v.3M8 1.5a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13z",
  warning: "M8 6v3.2M8 11.4v.2M8 2l6.6 11.5H1.4z",
  idle: "M8 1.5a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13zM5 8h6",
  healthy: "M8 1.5a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13zM5.2 8.2l2 2 3.7-4",
  search: "M7 2.2a4.8 4.8 0 1 1 0 9.6 4.8 4.8 0 0 1 0-9.6zM10.5 10.5l3.5 3.5",
  copy: "M5.5 5.5h8v8h-8zM3.5 10.5h-1v-8h8v1",
  sun: "M8 5a3 3 0 1 1 0 6 3 3 0 0 1 0-6zM8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15M3 3l1.1 1.1M11.9 11.9L13 13M13 3l-1.1 1.1M4.1 11.9L3 13",
  moon: "M13.5 9.8A6 6 0 0 1 6.2 2.5a6 6 0 1 0 7.3 7.3z",
  system: "M1.8 2.8h12.4v8.4H1.8zM5.5 13.8h5",
  play: "M4.5 2.8v10.4L13 8z",
  chevron: "M6 3.5L10.5 8 6 12.5",
  down: "M3.5 6L8 10.5 12.5 6",
  up: "M3.5 10L8 5.5 12.5 10",
  download: "M8 2v8M4.5 6.8L8 10.2l3.5-3.4M2.5 13.5h11",
  image: "M2 3h12v10H2zM2 11l3.5-3.5L9 11M8.5 10.5l2-2L14 12M10.5 5.5v.1",
  link: "M6.5 9.5l3-3M7 4.5l1.3-1.3a3 3 0 0 1 4.4 4.3L11.5 9M9 11.5l-1.3 1.3a3 3 0 0 1-4.4-4.3L4.5 7",
  history: "M2.5 8a5.5 5.5 0 1 0 1.7-4L2.5 5.5M2.5 2.5v3h3M8 5v3.2l2 1.3",
  save: "M4 2h8v12l-4-3.2L4 14z",
  edit: "M2.5 13.5l.8-3L10.8 3l2.2 2.2-7.5 7.5zM9.3 4.5l2.2 2.2",
  trash: "M3 4.5h10M6.5 4V2.5h3V4M4.5 4.5l.6 9h5.8l.6-9",
  table: "M2 3h12v10H2zM2 6.5h12M6.5 6.5V13",
  think: "M8 1.8a4.5 4.5 0 0 1 2.5 8.2v1.5h-5V10A4.5 4.5 0 0 1 8 1.8zM6 14h4",
  leave: "M6.5 2.5h-4v11h4M6.5 8h8M11 4.5L14.5 8 11 11.5",
  person: "M8 2a3 3 0 1 1 0 6 3 3 0 0 1 0-6zM2.5 14c.5-2.8 2.7-4.3 5.5-4.3s5 1.5 5.5 4.3",
  system_role: "M3 4.5h10M3 8h10M3 11.5h6",
  clock: "M8 1.5a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13zM8 4.5V8l2.5 1.5",
  expand: "M4.5 6L8 9.5 11.5 6",
};


/** @param {{ name: string, label?: string, class?: string }} props label: for icons that say something text does not */
export function Icon({ name, label, class: className = "" }) {
  return html`<svg class=${`icon ${className}`} viewBox="0 0 16 16" role=${label ? "img" : undefined} aria-label=${label}
    aria-hidden=${label ? undefined : "true"}>
    <path d=${PATHS[name] ?? PATHS.other} />
  </svg>`;
}
