// The crosshair marks one time in all charts and shows each chart's price then. It stops at stored points only.

import { drawReadings, hideTouched } from "./crosshair_drawing.js";
import { barTexts, candlePeriod, candleTexts, periodTime, spokenText, valueText } from "./crosshair_text.js";
import { appendChild, ensureChild, setVariable } from "./dom.js";
import { GapTip } from "./gap_tip.js";
import { nearestPoint, pointsOf } from "./series.js";

/** @import {ChartView} from "./chart_view.js" */
/** @import {Reading} from "./crosshair_drawing.js" */
/** @import {Bar, Chart, Exact, Period, Point, Series} from "./types.d.ts" */

const REQUEST_DELAY = 40; // ms of rest before the kernel is asked for exact values
const SPEECH_DELAY = 400; // ms of rest before a screen reader announces the values

export class Crosshair {
  /**
   * @param {HTMLElement} root
   * @param {HTMLElement} stack
   * @param {ChartView} view
   */
  constructor(root, stack, view) {
    this.root = root;
    this.stack = stack;
    this.view = view;
    /** @type {number | null} */
    this.x = null;
    /** @type {number | null} where the pointer is, of which *x* is the nearest price; null with keys */
    this.pointer = null;
    /** @type {HTMLElement | null} the chart that the pointer is over */
    this.leader = null;
    /** @type {Exact | null} the kernel's answer */
    this.exact = null;
    /** @type {HTMLElement | null} */
    this.range = null;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.requestTimer = undefined;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.speechTimer = undefined;
    this.gapTip = new GapTip(root, stack);
    this.announcement = appendChild(root, "bt-announcement");
    this.announcement.setAttribute("aria-live", "polite");
  }

  /**
   * Move to the point of the chart *element* nearest to *x*.
   * @param {HTMLElement | null} element
   * @param {number} x
   */
  show(element, x) {
    this.leader = element;
    this.pointer = x;
    const chart = this.view.charts.find((chart) => chart.element === element);
    const distance = (/** @type {Point} */ point) => Math.abs(point.x - x);
    const [nearest] = (chart?.series ?? [])
      .map((series) => this.pointOf(chart, series, x, this.reach))
      .filter((point) => point !== null)
      .sort((a, b) => distance(a) - distance(b));
    const { start, end } = this.view.domain; // the middle of a candle that is cut may lie outside
    this.x = Math.min(end, Math.max(start, nearest ? nearest.x : x));
    this.draw();
    this.requestValues();
  }

  /** Ask for all charts' prices at this moment, as lines have only some of them. */
  requestValues() {
    clearTimeout(this.requestTimer);
    const { x } = this;
    if (x === null || this.view.charts.every((chart) => chart.candle)) return;
    this.requestTimer = setTimeout(() => this.view.requestValues(x), REQUEST_DELAY);
  }

  /** Drop the kernel's answer, which was for other charts or another scale. */
  chartsChanged() {
    this.exact = null;
    this.requestValues();
  }

  setExact(/** @type {Exact} */ exact) {
    this.exact = exact;
    this.draw();
  }

  hide() {
    this.x = null;
    this.draw();
  }

  /** Return what readers without a pointer step through: the chart pointed at, else the first. */
  get leadingChart() {
    return this.view.charts.find((chart) => chart.element === this.leader) ?? this.view.charts[0];
  }

  /** How far beside the first and last price the pointer still means them, in seconds: some pixels. */
  get reach() {
    return 0.008 * this.view.width;
  }

  /**
   * Move *by* points to the right.
   * @param {number} by
   */
  step(by) {
    const { start, end } = this.view.domain;
    const series = this.leadingChart?.series[0];
    if (!series) return;
    const visible = pointsOf(series).filter(({ x, y }) => x >= start && x <= end && Number.isFinite(y));
    if (!visible.length) return;
    const x = this.x;
    const index = x === null ? visible.length - (by > 0 ? 1 : 0) : visible.findIndex((point) => point.x >= x);
    const next = (index < 0 ? visible.length : index) + by;
    this.pointer = null;
    this.x = visible[Math.min(visible.length - 1, Math.max(0, next))].x;
    this.draw();
    this.requestValues();
    this.announce();
  }

  /** Move by *share* of what is shown, as far as the charts reach, and at least to the next price. */
  jump(/** @type {number} */ share) {
    const { start, end, last } = this.view.domain;
    const { leadingChart: chart, x: before } = this;
    if (!chart) return;
    const newest = Math.min(end, last); // not the room to the right of it
    this.show(chart.element, Math.min(newest, Math.max(start, (before ?? newest) + share * this.view.width)));
    if (this.x === before) this.step(Math.sign(share));
    else this.announce();
  }

  /**
   * Mark the time from *one* to *other* as being chosen.
   * @param {number} one
   * @param {number} other
   */
  brush(one, other) {
    this.hide();
    this.range ??= appendChild(this.stack, "bt-zoom-range");
    this.range.hidden = false;
    setVariable(this.range, "--t", this.view.styled(Math.min(one, other)));
    setVariable(this.range, "--u", this.view.styled(Math.max(one, other)));
  }

  clearBrush() {
    if (this.range) this.range.hidden = true;
  }

  draw() {
    const { start, end } = this.view.domain;
    const { x } = this;
    const inside = x !== null && x >= start && x <= end;
    this.root.classList.toggle("has-crosshair", inside);
    if (!inside) return;
    const charts = this.view.charts.filter((chart) => this.view.isVisible(chart));
    /** @type {Set<Chart>} */
    const empty = new Set();
    for (const chart of charts) {
      const readings = this.read(chart, x);
      if (readings.some(({ point }) => !point)) empty.add(chart);
      if (chart.element) drawReadings({ ...chart, element: chart.element }, this.view.styled(x), readings);
    }
    const pointer = this.pointer === null ? null : this.view.styled(this.pointer);
    this.gapTip.show(charts, empty, this.leadingChart, { x: this.view.styled(x), pointer, reach: this.reach / 2 });
    const times = this.root.querySelector(".bt-times");
    if (!times) return;
    const label = ensureChild(times, "bt-crosshair-time");
    const text = label.firstChild ?? label.appendChild(document.createElement("span"));
    setVariable(label, "--x", this.view.styled(x));
    text.textContent = this.timeText(x);
    hideTouched([...charts.flatMap(({ element }) => element ?? []), times]);
  }

  /**
   * Return the reading of each series of *chart*; its point is null where it has no price.
   * @param {Chart} chart
   * @param {number} x
   * @returns {Reading[]}
   */
  read(chart, x) {
    const exact = this.exact?.x === x ? this.exact.y[chart.index] : null;
    const leading = this.periodOf(this.leadingChart, x);
    return chart.series.map((series, index) => {
      const nearest = this.pointOf(chart, series, x);
      const price = exact?.[index];
      // A deviation is drawn for a few times only, so its line may end a little before the prices do.
      const isNear = nearest !== null || (chart.unit && nearestPoint(series, x, this.reach, this.reach) !== null);
      const isExact = isNear && typeof price === "number" && Number.isFinite(price);
      const point = isExact ? { x, y: chart.log ? Math.log10(price) : price, price } : nearest;
      const bar = point && this.barOf(chart, x);
      const { domain } = this.view;
      const isBar = bar && !chart.unit;
      const candle = isBar ? barTexts(domain, chart, bar, leading) : candleTexts(domain, chart, point, leading);
      return { series, point, text: point ? valueText(chart, point) : "no price", candle };
    });
  }

  /**
   * Return the bar of *chart* at *x*, once the kernel has answered.
   * @returns {Bar | null}
   */
  barOf(/** @type {Chart | undefined} */ chart, /** @type {number} */ x) {
    return (chart && this.exact?.x === x && this.exact.bars?.[chart.index]) || null;
  }

  /**
   * Return the point of *series* nearest to *x*, as `nearestPoint`; a candle only within its own period.
   * @param {Chart | undefined} chart
   * @param {Series} series
   * @param {number} x
   */
  pointOf(chart, series, x, gapReach = 0) {
    const point = nearestPoint(series, x, this.reach, gapReach);
    return point && chart?.candle && Math.abs(point.x - x) > chart.candle / 2 ? null : point;
  }

  /** @returns {Period | null} from when to when the bar or candle of *chart* at *x* is; null where it has none */
  periodOf(/** @type {Chart | undefined} */ chart, /** @type {number} */ x) {
    const [point] = chart?.candle ? chart.series.flatMap((series) => this.pointOf(chart, series, x) ?? []) : [];
    return chart && point ? candlePeriod(chart, point) : this.barOf(chart, x);
  }

  /** @param {number} x */
  timeText(x) {
    return periodTime(this.view.domain, x, this.periodOf(this.leadingChart, x));
  }

  /** Announce the values to a screen reader: only after keys, and only when they rest. */
  announce() {
    clearTimeout(this.speechTimer);
    this.speechTimer = setTimeout(() => {
      const { x } = this;
      if (x === null) {
        this.announcement.textContent = "";
        return;
      }
      const readings = this.view.charts.flatMap((chart) => this.read(chart, x));
      const words = readings.map((reading) => `${reading.series.name} ${spokenText(reading)}`).join("; ");
      this.announcement.textContent = `${this.timeText(x)}: ${words}`;
    }, SPEECH_DELAY);
  }

  stop() {
    clearTimeout(this.requestTimer);
    clearTimeout(this.speechTimer);
    this.gapTip.stop();
    this.announcement.remove();
    this.range?.remove();
  }
}
