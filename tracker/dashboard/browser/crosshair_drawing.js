// Draws the crosshair over one chart: its lines, the point and the values.

import { ensureChild, setVariable } from "./dom.js";
import { placeRows } from "./end_labels.js";

/** @import {Chart, Point, Series} from "./types.d.ts" */

/**
 * @typedef {{series: Series, point: Point | null, text: string, candle: [string, string][]}} Reading a series at the
 *   crosshair: its value, and of a candle the names and values of its four prices
 */

const PRICES = 4; // of a candle
const ROW = 14; // px of a value in a list; with less room it has several columns
const GAP = 4; // px between the crosshair's time and a label beside it

/**
 * Draw the lines, point and values over *chart*. Their place is set on each chart's own element: a variable of all
 * charts would make the browser compute the style of everything in them again.
 * @param {Chart & {element: HTMLElement}} chart
 * @param {number} x as the style has times
 * @param {Reading[]} readings
 */
export function drawReadings(chart, x, readings) {
  const { element } = chart;
  const single = readings.length === 1 && !chart.unit ? readings[0] : null;
  const crosshair = ensureChild(element, "bt-crosshair");
  setVariable(crosshair, "--x", x);
  crosshair.classList.toggle("is-empty", single !== null && !single.point);
  if (single?.point) setVariable(crosshair, "--p", single.point.y);
  drawCandle(element, single?.candle ?? []);
  element.classList.toggle("is-of-candles", Boolean(chart.candle)); // which a point would cover
  const content = readings.map(({ text }) => text).join();
  let scrolled = 0;
  if (crosshair.dataset.text !== content) {
    crosshair.dataset.text = content;
    scrolled = crosshair.querySelector(".bt-crosshair-list")?.scrollTop ?? 0;
    crosshair.innerHTML = '<i class="bt-crosshair-line"></i>';
    if (single) {
      crosshair.insertAdjacentHTML(
        "beforeend",
        '<i class="bt-crosshair-level"></i><i class="bt-crosshair-point"></i><span class="bt-crosshair-value"></span>',
      );
      if (crosshair.lastChild) crosshair.lastChild.textContent = single.text;
    } else crosshair.append(valueList(readings));
  }
  const list = crosshair.querySelector(".bt-crosshair-list");
  if (list) placeList(chart, list, crosshair.clientHeight);
  if (list && scrolled) list.scrollTop = scrolled; // new values leave it where the viewer has scrolled it to
}

/**
 * Hide the labels of an axis that the crosshair's value or time touches, as half a label reads as another value.
 * All places are read before anything is written, so that the browser computes them once.
 * @param {Element[]} axes charts, and the time axis
 */
export function hideTouched(axes) {
  const labels = axes.flatMap((axis) => {
    const mark = axis.querySelector(".bt-crosshair-value, .bt-crosshair-time > span")?.getBoundingClientRect();
    const texts = axis.querySelectorAll(".bt-price-axis span, .bt-time-axis > div > span");
    return mark ? [...texts].map((label) => ({ label, isTouched: touch(mark, label.getBoundingClientRect()) })) : [];
  });
  for (const { label, isTouched } of labels) label.classList.toggle("is-touched", isTouched);
}

/**
 * @param {DOMRect} one
 * @param {DOMRect} other
 */
function touch(one, other) {
  const isBeside = one.right + GAP < other.left || other.right + GAP < one.left;
  return !isBeside && one.top < other.bottom && other.top < one.bottom;
}

/**
 * Show the prices of a candle in the label of the chart *element*, which covers no data. A note takes the place of the
 * last of four, which the price axis shows.
 * @param {HTMLElement} element
 * @param {[string, string][]} texts
 */
function drawCandle(element, texts) {
  const candle = texts.length > PRICES ? [...texts.slice(0, PRICES - 1), ...texts.slice(PRICES)] : texts;
  element.classList.toggle("has-candle", candle.length > 0);
  if (!candle.length) return;
  const values = ensureChild(element, "bt-candle-values");
  const content = candle.join();
  if (values.dataset.text === content) return;
  values.dataset.text = content;
  values.innerHTML = "<span><b></b> <span></span></span>".repeat(candle.length);
  candle.forEach(([name, price], index) => {
    const [title, value] = values.children[index].children;
    title.textContent = price ? name : "";
    value.textContent = price || name; // a note, of which a phone shows more than the first letter
    values.children[index].classList.toggle("is-note", !price);
  });
}

/**
 * Return a list of the values of several series, the highest first.
 * @param {Reading[]} readings
 */
function valueList(readings) {
  const height = (/** @type {Reading} */ { point }) => point?.y ?? -Infinity;
  const list = document.createElement("ul");
  list.className = "bt-crosshair-list";
  for (const { series, point, text } of [...readings].sort((a, b) => height(b) - height(a))) {
    const row = list.appendChild(document.createElement("li"));
    row.className = series.colour ?? "";
    row.style.setProperty("--p", String(point?.y ?? -Number.MAX_VALUE));
    row.innerHTML = "<i></i><b></b><span></span>";
    row.children[1].textContent = series.name;
    row.children[2].textContent = text;
  }
  return list;
}

/**
 * Place each value at its height, or in columns of equal length if there are too many.
 * @param {Chart} chart
 * @param {Element} list
 * @param {number} height px
 */
function placeList(chart, list, height) {
  const count = list.children.length;
  const least = chart.element?.querySelector(":scope > .is-scrolled") ? 2 : 1; // the labels at the ends are a list, too
  const columns = Math.max(least, Math.ceil(count / Math.max(1, Math.floor(height / ROW))));
  list.classList.toggle("has-columns", columns > 1);
  if (columns > 1) /** @type {HTMLElement} */ (list).style.setProperty("--rows", String(Math.ceil(count / columns)));
  else placeRows(chart, list, height);
}
