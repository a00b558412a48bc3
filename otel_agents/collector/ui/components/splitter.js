// A handle between two panes: drag it, or move it with the arrow keys; where it is stays remembered.
import { html, useEffect, useState } from "../lib.js";

const KEY = "otel-agents.split";
const STEP = 2;
const [LEAST, START, MOST] = [25, 42, 65];

/** @param {number} percent */
const within = (percent) => Math.min(MOST, Math.max(LEAST, Number.isFinite(percent) && percent > 0 ? percent : START));

function remembered() {
  try {
    return within(Number(localStorage.getItem(KEY)));
  } catch {
    return START;
  }
}

/** The right pane's share in percent, written to the custom property --split of the parent. */
export function Splitter() {
  const [share, setShare] = useState(remembered);
  useEffect(() => {
    document.documentElement.style.setProperty("--split", `${share}%`);
    try {
      localStorage.setItem(KEY, String(share));
    } catch {
      // Storage is blocked: the place lasts as long as the page.
    }
  }, [share]);
  const onPointerDown = (/** @type {PointerEvent} */ event) => {
    const handle = /** @type {HTMLElement} */ (event.currentTarget);
    const box = /** @type {HTMLElement} */ (handle.parentElement).getBoundingClientRect();
    const move = (/** @type {PointerEvent} */ at) => setShare(within((100 * (box.right - at.clientX)) / box.width));
    handle.setPointerCapture(event.pointerId);
    handle.addEventListener("pointermove", move);
    handle.addEventListener("lostpointercapture", () => handle.removeEventListener("pointermove", move), { once: true });
  };
  const onKeyDown = (/** @type {KeyboardEvent} */ event) => {
    const step = { ArrowLeft: STEP, ArrowRight: -STEP }[event.key];
    if (step) setShare(within(share + step));
  };
  return html`<div class="splitter" role="separator" aria-orientation="vertical"
    aria-label="Width of the details" aria-valuenow=${Math.round(share)} aria-valuemin=${LEAST} aria-valuemax=${MOST}
    tabindex="0" onPointerDown=${onPointerDown} onKeyDown=${onKeyDown} onDblClick=${() => setShare(START)}></div>`;
}
