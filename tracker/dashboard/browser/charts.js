// The widget beside the charts: joins their time range, the viewer's input and the crosshair.

import { addGestures } from "./chart_gestures.js";
import { keepRoomAbove } from "./chart_room.js";
import { ChartView } from "./chart_view.js";
import { Crosshair } from "./crosshair.js";
import { listen } from "./dom.js";
import { EndLabels } from "./end_labels.js";

/** @import {ChartTraits, Exact, Model, RenderContext} from "./types.d.ts" */

const NEAR_SCREEN = "50% 0px"; // neighbours of the charts on screen are kept up to date, too
const LABEL = "Price charts. Arrow keys read prices, plus and minus zoom, 0 goes back.";

/**
 * @param {RenderContext<ChartTraits>} context
 * @param {Set<ChartView>} views those of the model that are shown, to which the new one is added
 */
function render({ model, el }, views) {
  let stop = () => {};
  const waiting = setInterval(() => {
    /** @type {HTMLElement | null} */
    const root = el.closest(".bt-charts");
    /** @type {HTMLElement | null | undefined} */
    const stack = root?.querySelector(".bt-chart-stack");
    if (!root || !stack?.isConnected) return;
    clearInterval(waiting);
    stop = start(model, root, stack, views);
  }, 20);
  return () => {
    clearInterval(waiting);
    stop();
  };
}

/**
 * Follow *model* and the viewer; returns the function that stops it.
 * @param {Model<ChartTraits>} model
 * @param {HTMLElement} root
 * @param {HTMLElement} stack
 * @param {Set<ChartView>} views
 */
function start(model, root, stack, views) {
  const view = new ChartView(model, root);
  views.add(view);
  const crosshair = new Crosshair(root, stack, view);
  const endLabels = new EndLabels(stack, view);
  view.afterApply = () => {
    endLabels.place();
    crosshair.draw();
  };
  const screen = watchScreen(stack, view, views);
  const chartsChanged = () => {
    screen.restart();
    endLabels.restart();
    crosshair.chartsChanged();
    return view.findModels();
  };
  let width = 0;
  const domainChanged = () => {
    view.domainChanged();
    const { start, end } = model.get("domain");
    // On another scale, what was read may be another bar; while only time passes, it is the same.
    if (Math.abs(end - start - width) > width / 100) crosshair.chartsChanged();
    else crosshair.requestValues();
    width = end - start;
  };
  /** @param {Exact & {kind: string}} message */
  const received = (message) => message.kind === "values_at" && crosshair.setExact(message);
  // A chart's element stands in the page a little after the kernel has named its models.
  const added = new MutationObserver(chartsChanged);
  added.observe(stack, { childList: true });
  model.on("change:charts", chartsChanged);
  model.on("change:domain", domainChanged);
  model.on("msg:custom", received);
  stack.tabIndex = 0;
  stack.setAttribute("role", "group");
  stack.setAttribute("aria-label", LABEL);
  const stopGestures = addGestures(root, stack, view, crosshair);
  const stopPrinting = fitOnPaper(stack, view, endLabels);
  const stopMeasuring = keepRoomAbove(root, stack);
  void chartsChanged();
  return () => {
    clearTimeout(view.timer);
    if (view.frame !== null) cancelAnimationFrame(view.frame);
    crosshair.stop();
    endLabels.stop();
    stopPrinting();
    stopMeasuring();
    stopGestures();
    added.disconnect();
    screen.stop();
    model.off("change:charts", chartsChanged);
    model.off("change:domain", domainChanged);
    model.off("msg:custom", received);
  };
}

/**
 * Keep `view.onScreen` true, and report to the kernel, which draws only those charts, what any of *views* shows.
 * @param {HTMLElement} stack
 * @param {ChartView} view
 * @param {Set<ChartView>} views
 */
function watchScreen(stack, view, views) {
  const report = () => {
    const shown = new Set([...views].flatMap(({ onScreen }) => [...onScreen]));
    view.send({ kind: "on_screen", css_classes: [...shown] });
  };
  const observer = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) {
        const cssClass = [...target.classList].find((name) => name.startsWith("bt-chart-"));
        if (cssClass && isIntersecting) view.onScreen.add(cssClass);
        else if (cssClass) view.onScreen.delete(cssClass);
      }
      report();
      view.scheduleApply();
    },
    { rootMargin: NEAR_SCREEN },
  );
  return {
    restart() {
      observer.disconnect();
      view.onScreen.clear();
      for (const chart of stack.querySelectorAll(".bt-chart")) observer.observe(chart);
    },
    stop() {
      observer.disconnect();
      views.delete(view);
      if (views.size) report();
    },
  };
}

/**
 * Scale the charts to paper, which is narrower than the window: no script runs between its layout and its print.
 * @param {HTMLElement} stack
 * @param {ChartView} view
 * @param {EndLabels} endLabels
 */
function fitOnPaper(stack, view, endLabels) {
  const before = () => {
    view.apply(true);
    endLabels.place(true);
    for (const svg of stack.querySelectorAll(".bt-figure svg")) {
      const { width, height } = svg.getBoundingClientRect();
      svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
      svg.setAttribute("preserveAspectRatio", "none");
    }
  };
  const after = () => {
    for (const svg of stack.querySelectorAll(".bt-figure svg[viewBox]")) svg.removeAttribute("viewBox");
    endLabels.place();
  };
  return listen([
    [window, "beforeprint", before],
    [window, "afterprint", after],
  ]);
}

/** Called once for each model, which has a view in each output that shows it. */
export default () => {
  /** @type {Set<ChartView>} */
  const views = new Set();
  return { render: (/** @type {RenderContext<ChartTraits>} */ context) => render(context, views) };
};
