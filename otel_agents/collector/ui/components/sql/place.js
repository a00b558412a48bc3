// Where in a query an error is, as its message says it.

/**
 * The part of the query to mark.
 *
 * @param {string} sql
 * @param {string} message such as 'unknown column "foo" at line 2, column 8'
 * @returns {{ line: number, start: number, end: number } | null} line from 1; start and end in the whole text
 */
export function errorPlace(sql, message) {
  const match = /line (\d+),? col(?:umn)? (\d+)/i.exec(message);
  if (!match) return null;
  const [line, column] = [Number(match[1]), Number(match[2])];
  const lines = sql.split("\n");
  if (line < 1 || line > lines.length) return null;
  // Columns count letters; a text here counts UTF-16 units.
  const before = [...lines[line - 1]].slice(0, column - 1).join("").length;
  const start = lines.slice(0, line - 1).reduce((sum, text) => sum + text.length + 1, 0) + before;
  const word = /^(?:"[^"]*"|'[^']*'|[\w.]+|\S)/.exec(sql.slice(start))?.[0] ?? "";
  return { line, start, end: start + Math.max(1, word.length) };
}
