// Numbers, durations, money and times as people read them.

const DASH = "–";
const short = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const clock = new Intl.DateTimeFormat("en", { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });
const day = new Intl.DateTimeFormat("en", { day: "numeric", month: "short" });

/** @typedef {number | null | undefined} Maybe */

/** 1284 → "1,284"; from a hundred thousand on "128.4K". @param {Maybe} value */
export function count(value) {
  if (value === null || value === undefined) return DASH;
  return Math.abs(value) < 100_000 ? whole.format(value) : short.format(value);
}

/** 1284 → "1.3K" @param {number} value */
export const compact = (value) => short.format(value);

/** @param {Maybe} value */
export const exact = (value) => (value === null || value === undefined ? DASH : whole.format(value));

/** 12.4 → "12.4 %" @param {Maybe} value in percent */
export function percent(value) {
  if (value === null || value === undefined) return DASH;
  const digits = value === 0 || value === 100 || Math.abs(value) >= 99.95 ? 0 : 1;
  return `${value.toFixed(digits)} %`;
}

/** Milliseconds as "640 µs", "38 ms", "2.35 s", "1 m 32 s", "3 h 5 m". @param {Maybe} ms @returns {string} */
export function duration(ms) {
  if (ms === null || ms === undefined) return DASH;
  if (ms < 0) return `−${duration(-ms)}`;
  if (ms < 1) return ms === 0 ? "0 ms" : `${Math.max(1, Math.round(ms * 1000))} µs`;
  if (ms < 999.5) return `${ms < 10 ? ms.toFixed(1) : ms.toFixed(0)} ms`;
  if (ms < 59_995) return `${(ms / 1000).toFixed(ms < 9_995 ? 2 : 1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} m ${seconds % 60} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 1440) return `${Math.floor(minutes / 60)} h ${minutes % 60} m`;
  const hours = Math.round(minutes / 60);
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** US dollars with as many digits as say something; unknown is a dash, never 0. @param {Maybe} usd */
export function money(usd) {
  if (usd === null || usd === undefined) return DASH;
  if (usd === 0) return "$0";
  if (Math.abs(usd) < 0.0001) return `${usd < 0 ? "−" : ""}<$0.0001`;
  if (Math.abs(usd) < 0.1) return `$${usd.toFixed(4)}`;
  if (Math.abs(usd) < 1000) return `$${usd.toFixed(2)}`;
  return `$${count(usd)}`;
}

/** @param {number} bytes */
export function bytes(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1_000_000) return `${(bytes / 1000).toFixed(bytes < 10_000 ? 1 : 0)} kB`;
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

/** @param {number} then @param {number} now both milliseconds since the epoch */
export function ago(then, now) {
  const seconds = Math.round((now - then) / 1000);
  if (seconds < 5) return "just now";
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  if (seconds < 30 * 86_400) return `${Math.floor(seconds / 86_400)} d ago`;
  return day.format(then);
}

/** The local date and time, to the millisecond. @param {string} iso */
export function moment(iso) {
  const time = new Date(iso);
  if (Number.isNaN(time.getTime())) return iso;
  const milliseconds = String(time.getMilliseconds()).padStart(3, "0");
  return `${day.format(time)}, ${clock.format(time)}.${milliseconds}`;
}

/** "1 span", "2 spans". @param {number} n @param {string} noun @param {string} [many] */
export const plural = (n, noun, many = `${noun}s`) => `${exact(n)} ${n === 1 ? noun : many}`;

/** Text of any value, as it is worth showing. @param {unknown} value */
export const asText = (value) => (typeof value === "string" ? value : JSON.stringify(value));

/**
 * A status message "Type: what happened" without the type that is shown beside it.
 *
 * @param {string | null} message
 * @param {string | null} type
 */
export function withoutType(message, type) {
  const [first, ...rest] = message?.split(": ") ?? [];
  const repeated = rest.length > 0 && type && (type === first || type.endsWith(`.${first}`));
  return repeated ? rest.join(": ") : message;
}
