// The time now, as a signal that ticks, so that "12 s ago" stays true without anyone asking.
import { signal } from "./lib.js";

const TICK_MS = 5000;

export const now = signal(Date.now());
setInterval(() => {
  if (!document.hidden) now.value = Date.now();
}, TICK_MS);
