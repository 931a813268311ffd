// How the crosshair writes a time and a price: as the kernel does, so that no value has two forms on one page.

/** @import {Bar, Chart, Point, TimeDomain} from "./types.d.ts" */

const DAY_SHOWN_FROM = 129_600; // s of the time range
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
 * @param {{start: number, end: number}} bar
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
 * Return the time of the candle of *length* seconds around *middle*: ``13:00–14:00``, its days if it is that long.
 * @param {TimeDomain} domain
 * @param {number} middle
 * @param {number} length
 */
export function candleTime(domain, middle, length) {
  const [start, end] = [middle - length / 2, middle + length / 2];
  if (domain.end - domain.start > DAY_SHOWN_FROM) return barTime(domain, { start, end }); // names the day once
  return `${exactTime(domain, start)}–${exactTime(domain, end)}`;
}

/**
 * Return the names and values of the lowest and highest price of *bar*, and a note: what these are of if not of all
 * trades, and its time if that is not the time of *leading*, which stands at the crosshair.
 * @param {TimeDomain} domain
 * @param {Chart} chart
 * @param {Bar} bar
 * @param {Bar | null} leading
 * @returns {[string, string][]}
 */
export function barTexts(domain, chart, bar, leading) {
  const texts = /** @type {[string, string][]} */ ([
    ["low", numberText(chart, bar.low)],
    ["high", numberText(chart, bar.high)],
  ]);
  const isOther = leading !== null && (leading.start !== bar.start || leading.end !== bar.end);
  const time = isOther ? barTime(domain, bar) : "";
  const note = [bar.polled ? "of polled prices" : "", time].filter(Boolean).join(", ");
  return note ? [...texts, [note, ""]] : texts;
}

/**
 * Return the names and values of the four prices of a candle; empty if *point* is none.
 * @param {Chart} chart
 * @param {Point | null} point
 * @returns {[string, string][]}
 */
export function candleTexts(chart, point) {
  return (point?.candle ?? []).map((y, index) => [PRICES[index], numberText(chart, priceAt(chart, y))]);
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
