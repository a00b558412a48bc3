// The spans of a trace as a tree, and the tree as the rows of a waterfall. Nothing here touches the page.

/** @typedef {import("../../types.js").Span} Span */
/**
 * A span and what hangs below it; `span` is null for the note that stands for a parent that is not there.
 *
 * @typedef {{
 *   id: string, span: Span | null, parent: TreeNode | null, children: TreeNode[], depth: number, errorsBelow: number,
 * }} TreeNode
 */
/** @typedef {{ roots: TreeNode[], byId: Map<string, TreeNode>, errors: string[] }} Tree */
/** @typedef {{ node: TreeNode, position: number, siblings: number }} Row */

const MISSING = "missing:";

/** The id of the parent a note stands for. @param {TreeNode} node */
export const missingParent = (node) => node.id.slice(MISSING.length);

/** @param {string} id @param {Span | null} span @returns {TreeNode} */
const newNode = (id, span) => ({ id, span, parent: null, children: [], depth: 0, errorsBelow: 0 });

/**
 * Every span has a place: children under their parents, spans whose parent is not here under a note that says so.
 *
 * @param {Span[]} spans ordered by start
 * @returns {Tree}
 */
export function buildTree(spans) {
  /** @type {Map<string, TreeNode>} */
  const byId = new Map(spans.map((span) => [span.span_id, newNode(span.span_id, span)]));
  /** @type {TreeNode[]} */
  const roots = [];
  const adopt = (/** @type {TreeNode} */ node, /** @type {string} */ parentId) => {
    const id = MISSING + parentId;
    let note = byId.get(id);
    if (!note) {
      note = newNode(id, null);
      byId.set(id, note);
      roots.push(note);
    }
    attach(note, node);
  };
  const nodes = spans.map((span) => /** @type {TreeNode} */ (byId.get(span.span_id)));
  for (const node of nodes) {
    const parentId = node.span?.parent_span_id;
    const parent = parentId ? byId.get(parentId) : undefined;
    if (!parentId) roots.push(node);
    else if (!parent) adopt(node, parentId);
    else attach(parent, node);
  }
  const reached = new Set(walk(roots));
  for (const node of nodes) {
    if (reached.has(node)) continue;
    // Spans that are each other's parents are reached from no root: the first of them is cut loose.
    const parent = /** @type {TreeNode} */ (node.parent);
    parent.children.splice(parent.children.indexOf(node), 1);
    adopt(node, parent.id);
    for (const below of walk([node])) reached.add(below);
  }
  const order = [...walk(roots)];
  for (const node of order) node.depth = node.parent ? node.parent.depth + 1 : 0;
  for (const node of order.reverse()) {
    if (node.parent) node.parent.errorsBelow += node.errorsBelow + Number(node.span?.status === "error");
  }
  const errors = order.reverse().filter((node) => node.span?.status === "error");
  return { roots, byId, errors: errors.map((node) => node.id) };
}

/** @param {TreeNode} parent @param {TreeNode} child */
function attach(parent, child) {
  child.parent = parent;
  parent.children.push(child);
}

/** The nodes from the top down, without recursion: a chain of agents may be thousands deep. @param {TreeNode[]} roots */
function* walk(roots) {
  const stack = [...roots].reverse();
  for (let node = stack.pop(); node; node = stack.pop()) {
    yield node;
    for (let i = node.children.length - 1; i >= 0; i--) stack.push(node.children[i]);
  }
}

/**
 * The rows to show when some nodes are folded.
 *
 * @param {Tree} tree
 * @param {ReadonlySet<string>} folded ids
 * @returns {Row[]}
 */
export function visibleRows(tree, folded) {
  /** @type {Row[]} */
  const rows = [];
  const stack = tree.roots.map((node, i) => ({ node, position: i + 1, siblings: tree.roots.length })).reverse();
  for (let row = stack.pop(); row; row = stack.pop()) {
    rows.push(row);
    if (folded.has(row.node.id)) continue;
    const { children } = row.node;
    for (let i = children.length - 1; i >= 0; i--) {
      stack.push({ node: children[i], position: i + 1, siblings: children.length });
    }
  }
  return rows;
}

/**
 * What happened below a node, counted.
 *
 * @param {TreeNode} node
 */
export function below(node) {
  const sums = { spans: 0, models: 0, tools: 0, tokens: 0, cost: /** @type {number | null} */ (null), errors: node.errorsBelow };
  for (const { span } of walk(node.children)) {
    if (!span) continue;
    sums.spans += 1;
    sums.tools += Number(span.type === "tool");
    if (span.type !== "model") continue;
    sums.models += 1;
    sums.tokens += (span.input_tokens ?? 0) + (span.output_tokens ?? 0);
    if (span.cost !== null) sums.cost = (sums.cost ?? 0) + span.cost;
  }
  return sums;
}

/** What would have to be unfolded to see a node. @param {TreeNode} node */
export function ancestors(node) {
  const ids = [];
  for (let above = node.parent; above; above = above.parent) ids.push(above.id);
  return ids;
}

/** Every node with something below it. @param {Tree} tree */
export const foldable = (tree) => [...tree.byId.values()].filter((node) => node.children.length > 0).map((node) => node.id);

/** Whether a span runs, or was left without an end. @param {Span} span @returns {"running" | "abandoned" | null} */
export function stateOf(span) {
  if (span.end_time !== null) return null;
  return span.attributes["otel_agents.span.state"] === "abandoned" ? "abandoned" : "running";
}

/** When the program of an abandoned span was last heard of, in milliseconds since the epoch. @param {Span} span */
export function lastSeen(span) {
  const told = Date.parse(String(span.attributes["otel_agents.span.last_seen"]));
  return Number.isNaN(told) ? Date.parse(span.start_time) : told;
}

/**
 * How long a span has lasted, in milliseconds: an open one until now, an abandoned one until its program was last heard of.
 *
 * @param {Span} span
 * @param {number} now milliseconds since the epoch
 */
export function lasted(span, now) {
  const state = stateOf(span);
  if (state === null) return span.duration_ms ?? 0;
  return Math.max(0, (state === "running" ? now : lastSeen(span)) - Date.parse(span.start_time));
}

/**
 * How long the trace is, in milliseconds.
 *
 * @param {Span[]} spans
 * @param {number} now milliseconds since the epoch
 */
export function traceLength(spans, now) {
  return spans.reduce((end, span) => Math.max(end, span.offset_ms + lasted(span, now)), 0.001);
}

/**
 * Round times for an axis.
 *
 * @param {number} length milliseconds
 * @param {number} most how many at most
 */
export function ticks(length, most) {
  const rough = length / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((n) => n * power).find((candidate) => candidate >= rough) ?? rough;
  return Array.from({ length: Math.floor(length / step) + 1 }, (_, i) => i * step);
}
