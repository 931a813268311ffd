// Wheel, mouse, fingers and keys over the charts.

import { listen } from "./dom.js";

/** @import {ChartView} from "./chart_view.js" */
/** @import {Crosshair} from "./crosshair.js" */

/**
 * @typedef {{chart: HTMLElement, box: DOMRect}} Plot a chart's element and where its plot is in the window
 * @typedef {Plot & {from: {start: number, end: number}, x: number, brush: boolean, moved: boolean,
 *   distance: number}} Drag *distance* is that of two fingers, 0 with one
 */

const ZOOM_STEP = 1.25; // one notch of the wheel
const SCROLL_LATCH = 400; // ms; a wheel that was scrolling the page goes on scrolling it
const DRAG_THRESHOLD = 6; // px
const PAGE_STEP = 1 / 12; // of what is shown: half an hour in six

/**
 * Move *view* and *crosshair* by the viewer's input; returns the function that stops it.
 * @param {HTMLElement} root
 * @param {HTMLElement} stack
 * @param {ChartView} view
 * @param {Crosshair} crosshair
 */
export function addGestures(root, stack, view, crosshair) {
  const stops = [
    addWheel(stack, view),
    addPointers(stack, view, crosshair),
    addKeys(stack, view, crosshair),
    listen([
      [stack, "dblclick", (event) => plotAt(event) && view.reset()],
      [stack, "blur", () => crosshair.hide()],
      [root, "click", (event) => event.target.closest?.("[data-bt=back]") && view.reset()],
    ]),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}

/**
 * Return the plot under the pointer; null beside it.
 * @param {MouseEvent} event
 * @returns {Plot | null}
 */
function plotAt(event) {
  const chart = event.target instanceof Element ? event.target.closest(".bt-chart") : null;
  const box = chart?.querySelector(".bt-plot")?.getBoundingClientRect();
  if (!(chart instanceof HTMLElement) || !box || event.clientX < box.left || event.clientX > box.right) return null;
  return { chart, box };
}

/**
 * Return the time under *clientX*.
 * @param {ChartView} view
 * @param {DOMRect} box
 * @param {number} clientX
 */
function timeAt(view, box, clientX) {
  return view.domain.start + ((clientX - box.left) / box.width) * view.width;
}

/**
 * @param {HTMLElement} stack
 * @param {ChartView} view
 */
function addWheel(stack, view) {
  let scrolledAt = -SCROLL_LATCH;
  const wheel = (/** @type {WheelEvent} */ event) => {
    const plot = event.target instanceof Node && stack.contains(event.target) ? plotAt(event) : null;
    if (!plot || (event.timeStamp - scrolledAt < SCROLL_LATCH && !event.ctrlKey)) {
      if (!event.ctrlKey) scrolledAt = event.timeStamp;
      return;
    }
    event.preventDefault();
    const pixels = event.deltaMode === 1 ? 33 : event.deltaMode === 2 ? 400 : 1; // per line, page, pixel
    if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      view.pan((pixels * event.deltaX * view.width) / plot.box.width);
    } else {
      view.zoom(ZOOM_STEP ** ((pixels * event.deltaY) / 100), timeAt(view, plot.box, event.clientX));
    }
  };
  return listen([[window, "wheel", wheel, { passive: false, capture: true }]]);
}

/**
 * Drag, pinch, brush and tap.
 * @param {HTMLElement} stack
 * @param {ChartView} view
 * @param {Crosshair} crosshair
 */
function addPointers(stack, view, crosshair) {
  /** @type {Map<number, PointerEvent>} */
  const pointers = new Map();
  /** @type {Drag | null} */
  let drag = null;

  const distance = () => {
    const [one, other] = pointers.values();
    return other ? Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY) : 0;
  };
  const down = (/** @type {PointerEvent} */ event) => {
    const plot = plotAt(event);
    if (!plot || event.button > 0 || (event.target instanceof Element && event.target.closest("button"))) return;
    pointers.set(event.pointerId, event);
    const brush = event.shiftKey && event.pointerType === "mouse";
    drag = { ...plot, from: view.domain, x: event.clientX, brush, moved: false, distance: distance() };
    if (brush) event.preventDefault(); // no text is selected
  };
  const move = (/** @type {PointerEvent} */ event) => {
    if (pointers.has(event.pointerId)) pointers.set(event.pointerId, event);
    // Released outside, before the drag began: only the buttons show it.
    if (drag && event.pointerType === "mouse" && !event.buttons) up(event);
    const plot = drag ?? plotAt(event);
    if (!plot && event.target instanceof Element && event.target.closest(".bt-crosshair-list")) return; // it scrolls
    if (!plot) return crosshair.hide();
    if (!drag || !pointers.has(event.pointerId)) {
      return crosshair.show(plot.chart, timeAt(view, plot.box, event.clientX));
    }
    const pinched = drag.distance > 0 && Math.abs(distance() - drag.distance) > DRAG_THRESHOLD;
    if ((pinched || Math.abs(event.clientX - drag.x) > DRAG_THRESHOLD) && !drag.moved) {
      drag.moved = true;
      stack.setPointerCapture?.(event.pointerId);
    }
    if (!drag.moved) return;
    if (drag.brush) {
      return crosshair.brush(timeAt(view, drag.box, drag.x), timeAt(view, drag.box, event.clientX));
    }
    crosshair.hide();
    const [one, other] = pointers.values();
    if (other && drag.distance > DRAG_THRESHOLD) pinch(view, drag, (one.clientX + other.clientX) / 2, distance());
    else pan(view, drag, event.clientX);
  };
  const up = (/** @type {PointerEvent} */ event) => {
    if (!pointers.delete(event.pointerId) || !drag) return;
    const { brush, moved, box, chart } = drag;
    if (brush && moved && event.type === "pointerup") {
      const [start, end] = [timeAt(view, box, drag.x), timeAt(view, box, event.clientX)].sort((a, b) => a - b);
      view.show(start, end);
    }
    // A finger that scrolls the page is cancelled at a meaningless place.
    if (!moved && event.type === "pointerup" && event.pointerType !== "mouse") {
      crosshair.show(chart, timeAt(view, box, event.clientX));
    }
    crosshair.clearBrush();
    const [rest] = pointers.values(); // the finger that stays down goes on panning
    drag = rest ? { ...drag, from: view.domain, x: rest.clientX, moved: true, distance: 0 } : null;
  };
  // A lifted finger leaves, too; the crosshair of its tap stays.
  const leave = (/** @type {PointerEvent} */ event) => drag || event.pointerType !== "mouse" || crosshair.hide();

  return listen([
    [stack, "pointerdown", down],
    [stack, "pointermove", move],
    [stack, "pointerup", up],
    [stack, "pointercancel", up],
    [stack, "pointerleave", leave],
  ]);
}

/**
 * Show the time range of two fingers that are *distance* apart around *middle*.
 * @param {ChartView} view
 * @param {Drag} drag
 * @param {number} middle
 * @param {number} distance
 */
function pinch(view, drag, middle, distance) {
  const { start, end } = drag.from;
  const share = (middle - drag.box.left) / drag.box.width;
  const width = (end - start) * (drag.distance / Math.max(DRAG_THRESHOLD, distance));
  const fixed = start + share * (end - start);
  view.show(fixed - share * width, fixed + (1 - share) * width);
}

/**
 * @param {ChartView} view
 * @param {Drag} drag
 * @param {number} clientX
 */
function pan(view, drag, clientX) {
  const { start, end } = drag.from;
  const seconds = ((drag.x - clientX) / drag.box.width) * (end - start);
  view.show(start + seconds, end + seconds);
}

/**
 * @param {HTMLElement} stack
 * @param {ChartView} view
 * @param {Crosshair} crosshair
 */
function addKeys(stack, view, crosshair) {
  /** @type {Record<string, (event: KeyboardEvent) => void>} */
  const actions = {
    ArrowLeft: (event) => (event.shiftKey ? view.pan(-view.width / 8) : crosshair.step(-1)),
    ArrowRight: (event) => (event.shiftKey ? view.pan(view.width / 8) : crosshair.step(1)),
    PageUp: () => crosshair.jump(-PAGE_STEP),
    PageDown: () => crosshair.jump(PAGE_STEP),
    Home: () => crosshair.jump(-Infinity),
    End: () => crosshair.jump(Infinity),
    "+": () => view.zoom(1 / ZOOM_STEP, crosshair.x ?? view.domain.end),
    "-": () => view.zoom(ZOOM_STEP, crosshair.x ?? view.domain.end),
    0: () => view.reset(),
    Escape: () => (crosshair.x === null ? view.reset() : crosshair.hide()),
  };
  const press = (/** @type {KeyboardEvent} */ event) => {
    if (event.target !== stack || event.ctrlKey || event.metaKey || event.altKey) return;
    const action = actions[event.key === "=" ? "+" : event.key];
    if (!action) return;
    event.preventDefault();
    action(event);
  };
  return listen([[stack, "keydown", press]]);
}
