// Draws the crosshair over one chart: its line, the point, the values, and why a price is missing.

import { appendChild, ensureChild, setVariable } from "./dom.js";

/** @import {Point, Series} from "./types.d.ts" */

/** @typedef {{series: Series, point: Point | null, text: string}} Reading a series at the crosshair */

const LIST_ROWS = 14; // of values, before another column begins

/**
 * Draw the line, point and values over the chart *element*. Its place is set on each chart's own element: a variable
 * of all charts would make the browser compute the style of everything in them again.
 * @param {HTMLElement} element
 * @param {number} x
 * @param {Reading[]} readings
 * @param {boolean} isLeft whether the values stand left of the line
 */
export function drawReadings(element, x, readings, isLeft) {
  const single = readings.length === 1 ? readings[0] : null;
  const isEmpty = single !== null && !single.point;
  const crosshair = ensureChild(element, "bt-crosshair");
  setVariable(crosshair, "--x", x);
  crosshair.classList.toggle("is-empty", isEmpty);
  crosshair.classList.toggle("is-left", isLeft);
  if (single?.point) setVariable(crosshair, "--p", single.point.y);
  const reason = isEmpty ? gapReasonAt(element, x) : "";
  const content = readings.map(({ text }) => text).join() + reason;
  if (crosshair.dataset.text === content) return;
  crosshair.dataset.text = content;
  crosshair.innerHTML = '<i class="bt-crosshair-line"></i>';
  if (single) {
    crosshair.insertAdjacentHTML(
      "beforeend",
      '<i class="bt-crosshair-point"></i><span class="bt-crosshair-value"></span>',
    );
    if (crosshair.lastChild) crosshair.lastChild.textContent = single.text;
  } else if (readings.length) crosshair.append(valueList(readings));
  if (reason) appendChild(crosshair, "bt-gap-reason").textContent = reason;
}

/**
 * Return the reason of the gap at *x* in the chart *element*; "" outside of one.
 * @param {HTMLElement} element
 * @param {number} x
 */
function gapReasonAt(element, x) {
  /** @type {NodeListOf<HTMLElement>} */
  const gaps = element.querySelectorAll(".bt-gap[data-why]");
  const variable = (/** @type {HTMLElement} */ gap, /** @type {string} */ name) =>
    Number(gap.style.getPropertyValue(name));
  return [...gaps].find((gap) => variable(gap, "--t") <= x && x <= variable(gap, "--u"))?.dataset.why ?? "";
}

/**
 * Return a list of the values of several series, the highest first.
 * @param {Reading[]} readings
 */
function valueList(readings) {
  const height = (/** @type {Reading} */ { point }) => point?.y ?? -Infinity;
  const list = document.createElement("ul");
  list.className = "bt-crosshair-list";
  list.style.setProperty("--columns", String(Math.ceil(readings.length / LIST_ROWS)));
  for (const { series, text } of [...readings].sort((a, b) => height(b) - height(a))) {
    const row = list.appendChild(document.createElement("li"));
    row.className = series.colour ?? "";
    row.innerHTML = "<i></i><b></b><span></span>";
    row.children[1].textContent = series.name;
    row.children[2].textContent = text;
  }
  return list;
}
