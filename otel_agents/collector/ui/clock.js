// The time now, as a signal that ticks, so that "12 s ago" stays true without anyone asking.
import { signal } from "./lib.js";

const TICK_MS = 5000;

export const now = signal(Date.now());
/** The same to the second, for what runs. */
export const seconds = signal(Date.now());
setInterval(() => {
  if (!document.hidden) now.value = Date.now();
}, TICK_MS);
setInterval(() => {
  if (!document.hidden) seconds.value = Date.now();
}, 1000);
