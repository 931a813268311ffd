// One tip above the charts says why a price is missing at the crosshair, so that it covers no data.

import { appendChild, setVariable } from "./dom.js";

/** @import {Chart} from "./types.d.ts" */

export class GapTip {
  /**
   * @param {HTMLElement} root
   * @param {HTMLElement} stack
   */
  constructor(root, stack) {
    this.place = document.createElement("div");
    this.place.className = "bt-gap-tip";
    this.text = appendChild(this.place, "bt-gap-reason");
    root.insertBefore(this.place, stack);
  }

  /**
   * Show the reason at *x*: that of the *leader* if it has a gap there, else that of the first chart that has one.
   * @param {Chart[]} charts the visible ones
   * @param {Set<Chart>} empty those of them that have no price at *x*
   * @param {Chart | undefined} leader
   * @param {number} x
   */
  show(charts, empty, leader, x) {
    const reasons = charts.map((chart) => ({ chart, reason: empty.has(chart) ? gapReasonAt(chart.element, x) : "" }));
    const first =
      reasons.find(({ chart, reason }) => reason && chart === leader) ?? reasons.find(({ reason }) => reason);
    const alike = reasons.filter(({ reason }) => reason === first?.reason);
    // In a comparison, gaps are those of all.
    const names = alike.flatMap(({ chart }) => (chart.unit ? [] : chart.series.map(({ name }) => name)));
    const prefix = names.length && alike.length < charts.length ? `${names.join(", ")}: ` : "";
    this.text.textContent = first ? prefix + first.reason : "";
    setVariable(this.place, "--x", x);
  }

  stop() {
    this.place.remove();
  }
}

/**
 * Return the reason of the gap at *x* in the chart *element*; "" outside of one.
 * @param {HTMLElement | null} element
 * @param {number} x
 */
function gapReasonAt(element, x) {
  /** @type {NodeListOf<HTMLElement>} */
  const gaps = element?.querySelectorAll(".bt-gap[data-why]") ?? /** @type {any} */ ([]);
  const variable = (/** @type {HTMLElement} */ gap, /** @type {string} */ name) =>
    Number(gap.style.getPropertyValue(name));
  return [...gaps].find((gap) => variable(gap, "--t") <= x && x <= variable(gap, "--u"))?.dataset.why ?? "";
}
