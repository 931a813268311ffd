// The time range that the charts show. While the viewer moves it, the browser alone decides, so that it follows
// the pointer; the kernel is notified afterwards and answers with finer points. x is in epoch seconds, as in the lines.

import { setVariable } from "./dom.js";
import { drawAtOnce } from "./instant_drawing.js";
import { priceRange } from "./series.js";

/** @import {Chart, ChartTraits, Mark, Model, Scale} from "./types.d.ts" */

const SHORTEST = 30; // s; the kernel shows no less
const MARGIN = 0.01; // of what is shown, free to the right of the newest price
const REPLY_TIMEOUT = 2_000; // ms after which an unanswered notification is sent again
const NOTIFY_DELAY = 30; // ms of rest before the kernel is notified; in a long movement at most twice that

export class ChartView {
  /**
   * @param {Model<ChartTraits>} model
   * @param {HTMLElement} root
   */
  constructor(model, root) {
    this.model = model;
    this.root = root;
    /** @type {Chart[]} */
    this.charts = [];
    /** @type {Set<string>} the `css_class` of each chart on screen */
    this.onScreen = new Set();
    /** @type {{start: number, end: number} | null} the viewer's choice until the kernel shows it */
    this.local = null;
    this.seq = model.get("domain").seq ?? 0; // another output may have moved it
    this.afterApply = () => {};
    this.notifiedSeq = 0;
    this.notifiedAt = 0;
    /** @type {number | null} when the movement began of which the kernel does not know yet */
    this.movingSince = null;
    /** @type {number | null} */
    this.frame = null;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
  }

  /** Look up the bqplot models that the kernel named. */
  async findModels() {
    const specs = this.model.get("charts");
    const get = (/** @type {string} */ id) => this.model.widget_manager.get_model(id);
    const charts = await Promise.all(
      specs.map(async (spec, index) => ({
        ...spec,
        index,
        element: /** @type {HTMLElement | null} */ (this.root.querySelector(`.bt-chart.${spec.css_class}`)),
        scale: /** @type {Scale} */ (await get(spec.scale)),
        time: /** @type {Scale} */ (await get(spec.time)),
        series: await Promise.all(
          spec.series.map(async (series) => ({
            ...series,
            lines: /** @type {Mark[]} */ (await Promise.all(series.lines.map(get))),
          })),
        ),
      })),
    );
    if (specs === this.model.get("charts")) this.charts = charts;
    this.apply();
  }

  /**
   * Return whether *chart* is on screen, or may be.
   * @param {Chart} chart
   */
  isVisible(chart) {
    return !this.onScreen.size || this.onScreen.has(chart.css_class);
  }

  get domain() {
    return { ...this.model.get("domain"), ...this.local };
  }

  get width() {
    const { start, end } = this.domain;
    return end - start;
  }

  /**
   * Return *x* as the style has times.
   * @param {number} x
   */
  styled(x) {
    return x - this.model.get("domain").anchor;
  }

  /**
   * Show *start* to *end*, as far as there can be prices.
   * @param {number} start
   * @param {number} end
   */
  show(start, end) {
    const { first, last } = this.model.get("domain");
    const longest = (1 + MARGIN) * (last - first);
    const width = Math.min(longest, Math.max(SHORTEST, end - start));
    const margin = MARGIN * width;
    const centred = end - start === width ? start : (start + end - width) / 2;
    const begin = Math.min(Math.max(centred, first), last + margin - width);
    this.local = { start: begin, end: begin + width };
    this.seq += 1;
    this.scheduleApply();
    this.notifySoon();
  }

  /**
   * Zoom by *factor* (below 1 is closer) around *x*; at the newest price its place stays fixed.
   * @param {number} factor
   * @param {number} x
   */
  zoom(factor, x) {
    const { start, end, last } = this.domain;
    const fixed = x > end - 0.02 * (end - start) && end >= last ? end : x;
    this.show(fixed - (fixed - start) * factor, fixed + (end - fixed) * factor);
  }

  /** @param {number} seconds */
  pan(seconds) {
    const { start, end } = this.domain;
    this.show(start + seconds, end + seconds);
  }

  /** Return to the chosen span. */
  reset() {
    clearTimeout(this.timer); // a movement that was not sent yet must not follow
    this.movingSince = null;
    this.seq += 1;
    this.send({ kind: "back", seq: this.seq });
    this.timer = setTimeout(() => this.model.get("domain").seq < this.seq && this.reset(), REPLY_TIMEOUT);
  }

  /** Redraw at most once a frame, however many events come. */
  scheduleApply() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      this.apply();
    });
  }

  notifySoon() {
    const now = performance.now();
    this.movingSince ??= now;
    clearTimeout(this.timer);
    const wait = now - this.movingSince > 2 * NOTIFY_DELAY && !this.isAwaitingReply(now) ? 0 : NOTIFY_DELAY;
    this.timer = setTimeout(() => this.notify(), wait);
  }

  notify() {
    if (this.local && this.isAwaitingReply(performance.now())) {
      this.notifySoon();
      return;
    }
    this.movingSince = null;
    if (!this.local) return;
    this.notifiedSeq = this.seq;
    this.notifiedAt = performance.now();
    const { start, end } = this.local;
    const { last } = this.model.get("domain");
    const milliseconds = (/** @type {number} */ x) => Math.round(1000 * x);
    const live = end >= last - (end - start) / 1000; // within about a pixel
    const range = { start: milliseconds(start), end: milliseconds(end), live };
    this.send({ kind: "view", ...range, seq: this.seq });
    this.timer = setTimeout(() => this.notify(), REPLY_TIMEOUT); // nothing is left to do then, if the kernel answers
  }

  /**
   * Return whether the kernel has yet to answer; more notifications would only queue up.
   * @param {number} now
   */
  isAwaitingReply(now) {
    return this.notifiedSeq > this.model.get("domain").seq && now - this.notifiedAt < REPLY_TIMEOUT;
  }

  /**
   * Ask the kernel for the exact values at *x*; it answers with a message.
   * @param {number} x
   */
  requestValues(x) {
    this.send({ kind: "values_at", x });
  }

  /**
   * Send *content*; if the kernel is gone, the page's own widget shows that.
   * @param {object} content
   */
  send(content) {
    try {
      this.model.send(content);
    } catch (error) {
      console.warn("not sent:", error);
    }
  }

  /** Follow the kernel again once it shows the last request. */
  domainChanged() {
    if (this.model.get("domain").seq >= this.seq) this.local = null;
    this.apply();
  }

  /** Show the time range in the charts on screen, or, before printing, in *every* chart. */
  apply(every = false) {
    const { start, end, ranges } = this.domain;
    if (!(end > start)) return;
    void drawAtOnce(this.charts);
    setVariable(this.root, "--a", this.styled(start));
    setVariable(this.root, "--w", end - start);
    this.charts.forEach((chart, index) => {
      if (!every && !this.isVisible(chart)) return; // brought up to date when it is scrolled to
      setLimits(chart.time, start, end);
      const range = (this.local && priceRange(chart, start, end)) ?? ranges[index];
      if (!range || !chart.element) return;
      setVariable(chart.element, "--lo", range[0]);
      setVariable(chart.element, "--hi", range[1]);
      setLimits(chart.scale, ...range);
    });
    this.root.classList.toggle("is-moving", this.local !== null);
    this.afterApply();
  }
}

/**
 * @param {Scale} scale
 * @param {number} min
 * @param {number} max
 */
function setLimits(scale, min, max) {
  if (scale.get("min") !== min || scale.get("max") !== max) scale.set({ min, max });
}
