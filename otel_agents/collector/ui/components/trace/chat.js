// A span's conversation, read as a chat.
import { exact, plural } from "../../format.js";
import { html, useRef } from "../../lib.js";
import { Icon } from "../icons.js";
import { calledTools } from "./messages.js";
import { Prose, Value } from "./prose.js";

/** @typedef {import("./messages.js").Message} Message */
/** @typedef {import("./messages.js").Part} Part */

/** @type {Record<string, [name: string, icon: string]>} */
const ROLES = {
  system: ["System", "system_role"],
  developer: ["Developer", "system_role"],
  user: ["User", "person"],
  assistant: ["Assistant", "model"],
  model: ["Assistant", "model"],
  tool: ["Tool", "tool"],
};

/** @param {{ part: Part, tools: Map<string | null, string> }} props tools: names by the id of the call */
function PartView({ part, tools }) {
  switch (part.kind) {
    case "text":
      return html`<${Prose} text=${part.text} />`;
    case "reasoning":
      return html`<details class="fold"><summary><${Icon} name="think" />Reasoning <span
        class="muted">${plural(part.text.length, "letter")}</span></summary><${Prose} text=${part.text} /></details>`;
    case "call":
      return html`<div class="call type-tool">
        <p class="call-head"><${Icon} name="tool" /><strong>${part.name}</strong>${part.id && html`<code
          class="muted truncate">${part.id}</code>`}</p>
        <${Value} value=${part.args} />
      </div>`;
    case "result":
      return html`<div class="call is-result type-tool" tabindex="0">
        <p class="call-head"><span>Result</span>${tools.get(part.id) && html`<strong>${tools.get(part.id)}</strong>`}${part.id && html`<code
          class="muted truncate">${part.id}</code>`}</p>
        <${Value} value=${part.result} />
      </div>`;
    case "media":
      return html`<p class="media"><${Icon} name="image" /><strong>${part.what}</strong><span
        class="muted">${part.detail || "not recorded"}</span></p>`;
    default:
      return html`<${Value} value=${part.value} />`;
  }
}

/** @param {{ message: Message, tools: Map<string | null, string>, answer?: boolean }} props */
function MessageView({ message, tools, answer = false }) {
  const [name, icon] = Object.hasOwn(ROLES, message.role) ? ROLES[message.role] : [message.role, "other"];
  return html`<li class=${`message role-${icon} ${answer ? "is-answer" : ""}`}>
    <p class="role"><${Icon} name=${icon} /><span class="truncate">${name}</span>
      ${message.finish && message.finish !== "stop" && html`<span class="chip is-plain">${message.finish}</span>`}</p>
    <div class="message-body">
      ${message.parts.length === 0 && html`<p class="muted">no content</p>`}
      ${message.parts.map((part, i) => html`<${PartView} key=${i} part=${part} tools=${tools} />`)}
    </div>
  </li>`;
}

/** @param {{ tools: Record<string, any>[] }} props */
function Definitions({ tools }) {
  return html`<details class="fold definitions">
    <summary><${Icon} name="tool" />${plural(tools.length, "tool")} offered <span
      class="muted truncate">${tools.map((tool) => tool.function?.name ?? tool.name).join(", ")}</span></summary>
    <${Value} value=${tools} />
  </details>`;
}

/** Between what is shown of a long conversation and its end. */
const RECENT = 12;

/** @param {{ chat: NonNullable<ReturnType<typeof import("./messages.js").conversation>> }} props */
export function Chat({ chat }) {
  const { system, input, output, tools } = chat;
  const names = calledTools([...input, ...output]);
  const early = input.slice(0, Math.max(0, input.length - RECENT));
  const recent = input.slice(early.length);
  const show = (/** @type {Message} */ message, /** @type {number} */ i) => html`<${MessageView} key=${i} message=${message}
    tools=${names} />`;
  const box = useRef(/** @type {HTMLElement | null} */ (null));
  const jump = () => box.current?.querySelector(".is-answer")?.scrollIntoView({ behavior: "smooth" });
  return html`<section class="chat" ref=${box} aria-label="Conversation">
    ${input.length > 2 && output.length > 0 && html`<p class="chat-head"><span
      class="muted">${plural(input.length, "message")} before the answer</span><button
      class="button is-small" type="button" onClick=${jump}><${Icon}
      name="down" />To the answer</button></p>`}
    <ul>
      ${system.length > 0 && html`<${MessageView} message=${{ role: "system", parts: system, finish: null }} tools=${names} />`}
      ${tools.length > 0 && html`<li><${Definitions} tools=${tools} /></li>`}
      ${early.length > 0 && html`<li><details class="fold"><summary><${Icon}
        name="history" />${exact(early.length)} earlier messages</summary><ul>${early.map(show)}</ul></details></li>`}
      ${recent.map(show)}
      ${output.map((message, i) => html`<${MessageView} key=${`answer ${i}`} message=${message} tools=${names} answer />`)}
    </ul>
  </section>`;
}
