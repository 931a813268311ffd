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
   * Show the reason at the crosshair: that of the *leader* if it has a gap there, else that of the first chart that
   * has one. A pointer over the hatching shows it also where the crosshair is at the price beside a narrow gap.
   * @param {Chart[]} charts the visible ones
   * @param {Set<Chart>} empty those of them that have no price at *x*
   * @param {Chart | undefined} leader
   * @param {{x: number, pointer: number | null, reach: number}} at times as the style has them; *reach*: how far
   *   beside the middle of a narrow gap the pointer means it, in seconds
   */
  show(charts, empty, leader, { x, pointer, reach }) {
    const reasons = charts.map((chart) => {
      const pointed = pointer === null ? "" : gapReasonAt(chart.element, pointer, reach);
      return { chart, reason: pointed || (empty.has(chart) ? gapReasonAt(chart.element, x) : "") };
    });
    const first =
      reasons.find(({ chart, reason }) => reason && chart === leader) ?? reasons.find(({ reason }) => reason);
    const alike = reasons.filter(({ reason }) => reason === first?.reason);
    // In a comparison, gaps are those of all.
    const names = alike.flatMap(({ chart }) => (chart.unit ? [] : chart.series.map(({ name }) => name)));
    this.text.textContent = tipText(first?.reason ?? "", alike.length < charts.length ? names.join(", ") : "");
    setVariable(this.place, "--x", x);
  }

  stop() {
    this.place.remove();
  }
}

/**
 * Return *reason* after the *names* of those that it holds for, if not for all; times with a dash stay on one line.
 * @param {string} reason
 * @param {string} names
 */
function tipText(reason, names) {
  const text = names && reason ? `${names}: ${reason[0].toLowerCase()}${reason.slice(1)}` : reason;
  return text.replaceAll(/(\d)–(\d)/g, "$1\u2060–\u2060$2");
}

/**
 * Return the reason of the gap at *x* in the chart *element*; "" outside of one.
 * @param {HTMLElement | null} element
 * @param {number} x
 */
function gapReasonAt(element, x, reach = 0) {
  /** @type {NodeListOf<HTMLElement>} */
  const gaps = element?.querySelectorAll(".bt-gap[data-why]") ?? /** @type {any} */ ([]);
  const variable = (/** @type {HTMLElement} */ gap, /** @type {string} */ name) =>
    Number(gap.style.getPropertyValue(name));
  const isAt = (/** @type {HTMLElement} */ gap) => {
    const [start, end] = [variable(gap, "--t"), variable(gap, "--u")];
    return Math.abs(x - (start + end) / 2) <= Math.max((end - start) / 2, reach);
  };
  return [...gaps].find(isAt)?.dataset.why ?? "";
}
