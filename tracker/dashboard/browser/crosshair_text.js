// How the crosshair writes a time and a price: as the kernel does, so that no value has two forms on one page.

/** @import {Bar, Chart, Period, Point, TimeDomain} from "./types.d.ts" */

const BARS_FROM = 90_000; // s of the time range; a shorter one has no bars, and candles without their day
const DAY_SHOWN_FROM = 129_600; // of the time range
const DAY = 86_400; // s
const YEAR_SHOWN_FROM = 300 * DAY; // of the time range
const PRICES = ["open", "high", "low", "close"];

/**
 * Return the time of day at *x*, with its day in a long range, and with its year where that could be another.
 * @param {TimeDomain} domain
 * @param {number} x
 */
export function exactTime({ start, end, zone }, x) {
  const time = Math.round(x) * 1000;
  const format = new Intl.DateTimeFormat("en-GB", {
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
    timeZone: zone,
    second: time % 60_000 ? "2-digit" : undefined,
    ...(end - start > DAY_SHOWN_FROM ? { day: "numeric", month: "short" } : {}),
    ...(end - start > YEAR_SHOWN_FROM ? { year: "numeric" } : {}),
  });
  return withShortMonths(format.format(time));
}

/**
 * Return the price or change of *point*, written with the digits and unit of *chart*.
 * @param {Chart} chart
 * @param {Point} point
 */
export function valueText(chart, point) {
  return numberText(chart, point.price ?? priceAt(chart, point.y));
}

/**
 * Return the time of a bar or candle: ``5 Apr 13:00–14:00``, its days if it is that long.
 * @param {TimeDomain} domain
 * @param {Period} bar
 */
export function barTime({ start, end, zone }, bar) {
  const day = new Intl.DateTimeFormat("en-GB", {
    day: "numeric",
    month: "short",
    timeZone: zone,
    year: end - start > YEAR_SHOWN_FROM ? "numeric" : undefined,
  });
  if (bar.end - bar.start > DAY) return withShortMonths(day.formatRange(1000 * bar.start, 1000 * (bar.end - 1)));
  const startDay = withShortMonths(day.format(1000 * bar.start));
  if (bar.end - bar.start === DAY) return startDay;
  const time = new Intl.DateTimeFormat("en-GB", {
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
    timeZone: zone,
  });
  return `${startDay} ${time.format(1000 * bar.start)}–${time.format(1000 * bar.end)}`;
}

/**
 * Return *text* with three letters for September, too: British dates have four in newer browsers.
 * @param {string} text
 */
function withShortMonths(text) {
  return text.replace("Sept", "Sep");
}

/**
 * Return the time at the crosshair: of the *period* of the bar or candle there, else of *x*.
 * @param {TimeDomain} domain
 * @param {number} x
 * @param {Period | null} period
 */
export function periodTime(domain, x, period) {
  if (!period) return exactTime(domain, x);
  if (domain.end - domain.start > BARS_FROM) return barTime(domain, period); // names the day, once
  return `${exactTime(domain, period.start)}–${exactTime(domain, period.end)}`;
}

/**
 * Return from when to when the candle of *chart* at *point* is, to which its last price came some time before its end.
 * @param {Chart} chart
 * @param {Point} point
 * @returns {Period}
 */
export function candlePeriod({ candle = 0 }, point) {
  return { start: point.x - candle / 2, end: point.x + candle / 2 };
}

/**
 * Return the names and values of the lowest and highest price of *bar*, and a note: what these are of if not of all
 * trades, and its time if that is not the time of *leading*, which stands at the crosshair.
 * @param {TimeDomain} domain
 * @param {Chart} chart
 * @param {Bar} bar
 * @param {Period | null} leading
 * @returns {[string, string][]}
 */
export function barTexts(domain, chart, bar, leading) {
  const texts = /** @type {[string, string][]} */ ([
    ["low", numberText(chart, bar.low)],
    ["high", numberText(chart, bar.high)],
  ]);
  const note = [bar.polled ? "of polled prices" : "", timeIfOther(domain, bar, leading)].filter(Boolean).join(", ");
  return note ? [...texts, [note, ""]] : texts;
}

/**
 * Return the names and values of the four prices of a candle, and its time if that is not the time of *leading*; empty
 * if *point* is none.
 * @param {TimeDomain} domain
 * @param {Chart} chart
 * @param {Point | null} point
 * @param {Period | null} leading
 * @returns {[string, string][]}
 */
export function candleTexts(domain, chart, point, leading) {
  if (!point?.candle) return [];
  const texts = /** @type {[string, string][]} */ (
    point.candle.map((y, index) => [PRICES[index], numberText(chart, priceAt(chart, y))])
  );
  const time = timeIfOther(domain, candlePeriod(chart, point), leading);
  return time ? [...texts, [time, ""]] : texts;
}

/**
 * Return the time of *period*; empty if it is that of *leading*.
 * @param {TimeDomain} domain
 * @param {Period} period
 * @param {Period | null} leading
 */
function timeIfOther(domain, period, leading) {
  return leading?.start === period.start && leading.end === period.end ? "" : periodTime(domain, period.end, period);
}

/**
 * Return what a screen reader says of a reading: of a candle or bar its prices, else *text*.
 * @param {{text: string, candle: [string, string][]}} reading
 */
export function spokenText({ text, candle }) {
  return candle.length ? candle.map((texts) => texts.join(" ").trim()).join(", ") : text;
}

/**
 * Return the price at *y* of the price scale.
 * @param {Chart} chart
 * @param {number} y
 */
function priceAt(chart, y) {
  // Ten digits are more than a price has, and fewer than a logarithm loses.
  return chart.log ? Number((10 ** y).toPrecision(10)) : y;
}

/**
 * @param {Chart} chart
 * @param {number} number
 */
function numberText(chart, number) {
  const text = new Intl.NumberFormat("en-US", {
    minimumFractionDigits: chart.digits,
    maximumFractionDigits: chart.digits,
    roundingMode: "halfEven",
    signDisplay: chart.unit ? "exceptZero" : "auto",
  }).format(number);
  return text.replace("-", "\u2212") + (chart.unit ?? "");
}
