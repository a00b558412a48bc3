// The one door to the vendored libraries: everything else imports from here.
import { createElement, render } from "./vendor/preact-11.2.0.js";
import htm from "./vendor/htm-3.1.1.js";

/** Markup as a tagged template; every value in it is rendered as text or as an attribute, never parsed as HTML. */
export const html = htm.bind(createElement);
export { render };
export { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "./vendor/preact-hooks-11.2.0.js";
export { computed, effect, signal, useSignal } from "./vendor/preact-signals-2.11.4.js";
export { default as uPlot } from "./vendor/uplot-1.6.32.js";
