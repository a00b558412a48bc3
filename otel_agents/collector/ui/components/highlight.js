// Splits code into tokens to be coloured; a token is [kind, text] and the texts joined are the code.

/** @typedef {[kind: string, text: string][]} Tokens */

const PYTHON = /(?<comment>#.*)|(?<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')|(?<keyword>\b(?:from|import|with|as|def|return|for|in|if)\b)|(?<number>\b\d+(?:\.\d+)?\b)|(?<call>\b\w+(?=\())/g;
const JSON_TEXT = /(?<key>"(?:[^"\\\n]|\\.)*"(?=\s*:))|(?<string>"(?:[^"\\\n]|\\.)*")|(?<number>-?\b\d+(?:\.\d+)?(?:[eE][+-]?\d+)?\b)|(?<keyword>\b(?:true|false|null)\b)/g;
const SQL = /(?<comment>--.*|\/\*[\s\S]*?(?:\*\/|$))|(?<string>'(?:[^']|'')*'?)|(?<name>"(?:[^"]|"")*"?)|(?<number>\b\d+(?:\.\d+)?\b)|(?<keyword>\b(?:select|from|where|group|by|order|limit|offset|having|as|and|or|not|in|is|null|between|like|ilike|case|when|then|else|end|with|join|left|right|inner|outer|full|cross|on|using|union|all|distinct|over|partition|asc|desc|nulls|first|last|filter|interval|cast|try_cast|true|false|exists|qualify|values)\b)|(?<call>\b\w+(?=\())/gi;

/** @param {RegExp} grammar @param {string} code @returns {Tokens} */
function split(grammar, code) {
  /** @type {Tokens} */
  const tokens = [];
  let end = 0;
  for (const match of code.matchAll(grammar)) {
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
