// What was said, read from a span's attributes into messages of known parts. Nothing here touches the page.
import { inAndOut, otherMessages } from "./dialects.js";
import { isObject, parsed } from "./values.js";

/**
 * @typedef {{ kind: "text", text: string }
 *   | { kind: "reasoning", text: string }
 *   | { kind: "call", id: string | null, name: string, args: unknown }
 *   | { kind: "result", id: string | null, result: unknown }
 *   | { kind: "media", what: string, detail: string }
 *   | { kind: "data", value: unknown }} Part
 */
/** @typedef {{ role: string, parts: Part[], finish: string | null }} Message */
/** @typedef {Record<string, any>} Loose */
/** @typedef {import("../../types.js").Span} Span */

/** @param {unknown} value @returns {unknown[]} */
const asList = (value) => (Array.isArray(value) ? value : value === undefined || value === null ? [] : [value]);

/** @param {string} base64 */
const decodedSize = (base64) => Math.floor((base64.length * 3) / 4);

/** A picture, sound or file: named, never fetched or shown. @param {Loose} part @returns {Part} */
function media(part) {
  const what = String(part.modality ?? (String(part.type).includes("image") ? "image" : part.type));
  const type = part.mime_type ?? part.media_type ?? part.source?.media_type;
  const inline = part.content ?? part.data ?? part.source?.data;
  const size = typeof inline === "string" ? `about ${decodedSize(inline).toLocaleString("en")} bytes` : null;
  const place = part.uri ?? part.file_id ?? part.image_url?.url ?? part.image_url;
  const named = typeof place === "string" ? place.slice(0, 120) : null;
  return { kind: "media", what, detail: [type, size, named].filter(Boolean).join(", ") };
}

/** @param {unknown} part @returns {Part} */
function readPart(part) {
  if (typeof part === "string") return { kind: "text", text: part };
  if (!isObject(part)) return { kind: "data", value: part };
  const type = String(part.type ?? "text").replaceAll("-", "_");
  const text = part.content ?? part.text ?? part.thinking;
  if (/reasoning|thinking/.test(type) && typeof text === "string") return { kind: "reasoning", text };
  if (type === "tool_call_response" || type === "tool_result") {
    const result = part.result ?? part.response ?? part.output ?? part.content;
    return { kind: "result", id: part.id ?? part.tool_use_id ?? part.toolCallId ?? null, result: parsed(result) };
  }
  if (type === "tool_call" || type === "tool_use" || type === "function") {
    const { name = part.toolName ?? "tool", arguments: args = part.input ?? part.args } = part.function ?? part;
    return { kind: "call", id: part.id ?? part.toolCallId ?? null, name: String(name), args: parsed(args) };
  }
  if (/blob|uri|file|image|audio|video/.test(type)) return media(part);
  if (/text$/.test(type) && typeof text === "string") return { kind: "text", text };
  return { kind: "data", value: part };
}

/** @param {unknown} message @returns {Message} */
function readMessage(message) {
  if (!isObject(message)) return { role: "message", parts: [readPart(message)], finish: null };
  const role = String(message.role ?? "message");
  const parts = asList(message.parts ?? parsed(message.content)).map(readPart);
  if (role === "tool" && !message.parts && !parts.some((part) => part.kind === "result")) {
    const result = { kind: /** @type {const} */ ("result"), id: message.tool_call_id ?? null, result: parsed(message.content) };
    return { role, parts: [result], finish: null };
  }
  parts.push(...asList(message.tool_calls).map((call) => readPart(isObject(call) ? { ...call, type: "tool_call" } : call)));
  return { role, parts, finish: message.finish_reason ? String(message.finish_reason) : null };
}

/** @param {unknown} value the attribute: JSON text or what it stands for */
export function readMessages(value) {
  const messages = parsed(value);
  if (typeof messages === "string") return [readMessage({ role: "message", content: messages })];
  return asList(messages).map(readMessage);
}

/**
 * A span's conversation: null when nothing was recorded.
 *
 * @param {Span} span
 * @returns {{ system: Part[], input: Message[], output: Message[], tools: Loose[] } | null}
 */
export function conversation(span) {
  const { attributes } = span;
  const system = asList(parsed(attributes["gen_ai.system_instructions"])).map(readPart);
  let input = readMessages(attributes["gen_ai.input.messages"]);
  let output = readMessages(attributes["gen_ai.output.messages"]);
  if (!input.length && !output.length) {
    const others = otherMessages(attributes, span.type === "model");
    [input, output] = [others.input.map(readMessage), others.output.map(readMessage)];
  }
  const tools = asList(parsed(attributes["gen_ai.tool.definitions"])).filter(isObject);
  return system.length || input.length || output.length ? { system, input, output, tools } : null;
}

/** The names of the tools called in a conversation, by the id of the call. @param {Message[]} messages */
export function calledTools(messages) {
  const calls = messages.flatMap((message) => message.parts).filter((part) => part.kind === "call");
  return new Map(calls.map((call) => [call.id, call.name]));
}

/** What went into a span and what came out. @param {Span} span */
export const contentOf = ({ attributes }) => inAndOut(attributes);
