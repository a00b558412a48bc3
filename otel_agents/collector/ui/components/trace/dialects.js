// What was said, where other dialects have it: brought into the shape messages.js reads. Nothing here touches the page.
import { isObject, parsed } from "./values.js";

/** @typedef {Record<string, any>} Loose */
/** @typedef {import("../../types.js").Attributes} Attributes */

/** What goes into a span and what comes out, by dialect. @type {[input: string, output: string][]} */
const IN_AND_OUT = [
  ["gen_ai.tool.call.arguments", "gen_ai.tool.call.result"],
  ["tool_arguments", "tool_response"], // Pydantic AI
  ["ai.toolCall.args", "ai.toolCall.result"], // Vercel
  ["input.value", "output.value"], // OpenInference
  ["traceloop.entity.input", "traceloop.entity.output"], // OpenLLMetry
  ["langfuse.observation.input", "langfuse.observation.output"],
  ["mlflow.spanInputs", "mlflow.spanOutputs"],
];

/** @param {Attributes} attributes */
export function inAndOut(attributes) {
  const pair = IN_AND_OUT.find(([input, output]) => attributes[input] !== undefined || attributes[output] !== undefined);
  const [input, output] = pair ?? [];
  return { input: input && parsed(attributes[input]), output: output && parsed(attributes[output]) };
}

/** Attributes named `prefix.0.a.b` as a list of objects; keys without a number after the prefix are not of it.
 * @param {Attributes} attributes @param {string} prefix @returns {Loose[]} */
function unfolded(attributes, prefix) {
  /** @type {Loose} */
  const root = Object.create(null);
  for (const [key, value] of Object.entries(attributes)) {
    if (!key.startsWith(`${prefix}.`)) continue;
    const path = key.slice(prefix.length + 1).split(".");
    let at = root;
    for (const step of path.slice(0, -1)) {
      if (!isObject(at[step])) at[step] = Object.create(null);
      at = at[step];
    }
    at[/** @type {string} */ (path.at(-1))] = value;
  }
  return numbered(root);
}

/** The values of numbered keys, in their order. @param {unknown} value @returns {any[]} */
const numbered = (value) =>
  isObject(value)
    ? Object.keys(value).filter((key) => /^\d+$/.test(key)).sort((a, b) => Number(a) - Number(b)).map((key) => value[key])
    : [];

/** A message of OpenInference. @param {Loose} holder */
function inferred({ message = {} }) {
  const parts = numbered(message.contents).map(({ message_content: part = {} }) => ({ ...part, image_url: part.image?.image?.url }));
  const calls = numbered(message.tool_calls).map(({ tool_call: call = {} }) => call);
  const { role, content, tool_call_id, finish_reason } = message;
  return { role, content: parts.length ? parts : content, tool_call_id, finish_reason, tool_calls: calls };
}

/** A message of OpenLLMetry, with the names of its time. @param {Loose} message */
const numberedCalls = (message) => ({ ...message, tool_calls: numbered(message.tool_calls) });

/** Messages out of a request or an answer, as a provider has them. @param {unknown} value @param {string} role @returns {unknown[]} */
function within(value, role) {
  const said = parsed(value);
  if (said === undefined || said === null) return [];
  if (Array.isArray(said)) return said;
  if (!isObject(said)) return [{ role, content: said }];
  if (Array.isArray(said.choices)) {
    return said.choices.map((choice) => ({ ...(choice.message ?? { role, content: choice.text }), finish_reason: choice.finish_reason }));
  }
  if (Array.isArray(said.messages) || said.prompt !== undefined) {
    const system = said.system === undefined ? [] : [{ role: "system", content: said.system }];
    return [...system, ...within(said.messages ?? said.prompt, role)];
  }
  if (said.role !== undefined) return [said];
  const inner = said.input ?? said.output ?? said.contents;
  return inner === undefined ? [{ role, content: [said] }] : within(inner, role);
}

/** @param {Attributes} attributes */
function answerOfVercel(attributes) {
  const { "ai.response.text": text, "ai.response.object": object, "ai.response.toolCalls": calls } = attributes;
  if (text === undefined && object === undefined && calls === undefined) return [];
  const called = parsed(calls);
  return [{ role: "assistant", content: text ?? object ?? [], tool_calls: Array.isArray(called) ? called : [] }];
}

/**
 * The messages of a span in a dialect that is not today's: raw, for `readMessages`.
 *
 * @param {Attributes} attributes
 * @param {boolean} call whether it is a model call; of other spans, what goes in and out need not be messages
 * @returns {{ input: unknown[], output: unknown[] }}
 */
export function otherMessages(attributes, call) {
  const all = parsed(attributes["pydantic_ai.all_messages"] ?? attributes.all_messages_events);
  if (Array.isArray(all)) return { input: all, output: [] };
  if (!call) return { input: [], output: [] };
  const ways = [
    () => [unfolded(attributes, "llm.input_messages").map(inferred), unfolded(attributes, "llm.output_messages").map(inferred)],
    () => [unfolded(attributes, "gen_ai.prompt").map(numberedCalls), unfolded(attributes, "gen_ai.completion").map(numberedCalls)],
    () => [within(attributes["ai.prompt.messages"] ?? attributes["ai.prompt"], "user"), answerOfVercel(attributes)],
    () => [within(attributes["gen_ai.prompt"], "user"), within(attributes["gen_ai.completion"], "assistant")],
    () => {
      const { input, output } = inAndOut(attributes);
      return [within(input, "user"), within(output, "assistant")];
    },
  ];
  for (const way of ways) {
    const [input, output] = way();
    if (input.length || output.length) return { input, output };
  }
  return { input: [], output: [] };
}
