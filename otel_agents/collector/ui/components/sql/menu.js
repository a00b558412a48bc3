// A button that opens a list to choose from; it closes on choice, on Escape and on a click elsewhere.
import { html, useEffect, useRef, useState } from "../../lib.js";
import { Icon } from "../icons.js";

/**
 * @param {{ label: string, icon: string, children: (close: () => void) => unknown }} props
 */
export function Menu({ label, icon, children }) {
  const [open, setOpen] = useState(false);
  const box = useRef(/** @type {HTMLDivElement | null} */ (null));
  useEffect(() => {
    if (!open) return;
    const outside = (/** @type {Event} */ event) => {
      if (!box.current?.contains(/** @type {Node} */ (event.target))) setOpen(false);
    };
    const onKey = (/** @type {KeyboardEvent} */ event) => {
      if (event.key !== "Escape") return;
      setOpen(false);
      box.current?.querySelector("button")?.focus();
    };
    addEventListener("pointerdown", outside);
    addEventListener("keydown", onKey);
    return () => {
      removeEventListener("pointerdown", outside);
      removeEventListener("keydown", onKey);
    };
  }, [open]);
  return html`<div class="menu" ref=${box}>
    <button class="button" type="button" aria-label=${label} aria-expanded=${String(open)}
      onClick=${() => setOpen(!open)}><${Icon} name=${icon} /><span class="menu-label">${label}</span><${Icon}
      name="expand" /></button>
    ${open && html`<div class="menu-list">${children(() => setOpen(false))}</div>`}
  </div>`;
}
