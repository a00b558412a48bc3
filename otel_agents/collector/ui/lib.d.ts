// What lib.js exports, for the type check alone; the names resolve to the libraries' own types.
import type { VNode } from "preact";
export function html(strings: TemplateStringsArray, ...values: unknown[]): VNode<any>;
export { render } from "preact";
export { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
export { computed, effect, signal, useSignal } from "@preact/signals";
export type { Signal, ReadonlySignal } from "@preact/signals";
export type { VNode, ComponentChildren } from "preact";
export { default as uPlot } from "uplot";
