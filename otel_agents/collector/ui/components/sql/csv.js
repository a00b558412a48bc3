// A query's answer as CSV that a spreadsheet opens without running anything in it.

/** @typedef {import("../../types.js").Cell} Cell */

const FORMULA = /^[=+\-@\t\r\n]/;
const PLAIN_NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;

/** The text of a cell; NULL is an empty one. @param {Cell} cell */
export function cellText(cell) {
  if (cell === null) return "";
  return typeof cell === "object" ? JSON.stringify(cell) : String(cell);
}

/** @param {Cell} cell */
function field(cell) {
  const text = cellText(cell);
  // A text that a spreadsheet would take for a formula is made text by an apostrophe; a number stays a number.
  const safe = FORMULA.test(text) && typeof cell !== "number" && !PLAIN_NUMBER.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) || safe !== text ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** @param {string[]} columns @param {Cell[][]} rows */
export const toCsv = (columns, rows) => [columns, ...rows].map((row) => row.map(field).join(",")).join("\r\n") + "\r\n";

/** Hands a text to the browser as a file to keep. @param {string} name @param {string} text */
export function download(name, text) {
  const url = URL.createObjectURL(new Blob([text], { type: "text/csv;charset=utf-8" }));
  const anchor = document.createElement("a");
  anchor.href = url;
  anchor.download = name;
  anchor.click();
  URL.revokeObjectURL(url);
}
