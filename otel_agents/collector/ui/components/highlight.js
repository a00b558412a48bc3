// Splits code into tokens to be coloured; a token is [kind, text] and the texts joined are the code.

/** @typedef {[kind: string, text: string][]} Tokens */

/** @param {Record<string, RegExp>} kinds in the order they are tried @param {string} [flags] */
const grammar = (kinds, flags = "") =>
  new RegExp(Object.entries(kinds).map(([kind, pattern]) => `(?<${kind}>${pattern.source})`).join("|"), `g${flags}`);

const DOUBLE_QUOTED = /"(?:[^"\\\n]|\\.)*"/;
const NUMBER = /\b\d+(?:\.\d+)?\b/;
const CALL = /\b\w+(?=\()/;

const PYTHON = grammar({
  comment: /#.*/,
  string: new RegExp(`${DOUBLE_QUOTED.source}|'(?:[^'\\\\\n]|\\\\.)*'`),
  keyword: /\b(?:from|import|with|as|def|return|for|in|if)\b/,
  number: NUMBER,
  call: CALL,
});
const JSON_TEXT = grammar({
  key: new RegExp(`${DOUBLE_QUOTED.source}(?=\\s*:)`),
  string: DOUBLE_QUOTED,
  number: /-?\b\d+(?:\.\d+)?(?:[eE][+-]?\d+)?\b/,
  keyword: /\b(?:true|false|null)\b/,
});
const SQL_WORDS = `select from where group by order limit offset having as and or not in is null between like ilike case
  when then else end with join left right inner outer full cross on using union all distinct over partition asc desc nulls
  first last filter interval cast try_cast true false exists qualify values`.split(/\s+/);
const SQL = grammar(
  {
    comment: /--.*|\/\*[\s\S]*?(?:\*\/|$)/,
    string: /'(?:[^']|'')*'?/,
    name: /"(?:[^"]|"")*"?/,
    number: NUMBER,
    keyword: new RegExp(`\\b(?:${SQL_WORDS.join("|")})\\b`),
    call: CALL,
  },
  "i",
);

/** @param {RegExp} pattern @param {string} code @returns {Tokens} */
function split(pattern, code) {
  /** @type {Tokens} */
  const tokens = [];
  let end = 0;
  for (const match of code.matchAll(pattern)) {
    if (match.index > end) tokens.push(["", code.slice(end, match.index)]);
    const [kind] = Object.entries(match.groups ?? {}).find(([, text]) => text !== undefined) ?? [""];
    tokens.push([kind, match[0]]);
    end = match.index + match[0].length;
  }
  if (end < code.length) tokens.push(["", code.slice(end)]);
  return tokens;
}

/** @param {string} code */
export const pythonTokens = (code) => split(PYTHON, code);
/** @param {string} code */
export const jsonTokens = (code) => split(JSON_TEXT, code);
/** @param {string} code */
export const sqlTokens = (code) => split(SQL, code);
