// Reads prices from the arrays of bqplot's marks, in which NaN is a gap.

/** @import {Chart, Mark, Point, Series} from "./types.d.ts" */

/**
 * Return the times of a line or of candles, and the highest, lowest and last price at each; of a candle all four.
 * @param {Mark} mark
 */
function columns(mark) {
  const x = mark.get("x") ?? [];
  const y = mark.get("y") ?? [];
  /** @param {number} column of open, high, low, close */
  const column = (column) => (/** @type {number} */ i) => {
    const value = y[i];
    return typeof value === "number" ? value : value[column];
  };
  const candle = (/** @type {number} */ i) => {
    const value = y[i];
    return typeof value === "number" ? undefined : Array.from(value);
  };
  return { x, high: column(1), low: column(2), close: column(3), candle };
}

/**
 * Return what the price axis must show for all that is visible from *start* to *end*; null if nothing is.
 * @param {Chart} chart
 * @param {number} start
 * @param {number} end
 * @returns {[number, number] | null}
 */
export function priceRange(chart, start, end) {
  let lowest = Infinity;
  let highest = -Infinity;
  for (const mark of chart.series.flatMap((series) => series.lines)) {
    const { x, low, high } = columns(mark);
    for (let i = 0; i < x.length; i++) {
      if (x[i] < start || x[i] > end || Number.isNaN(low(i))) continue;
      lowest = Math.min(lowest, low(i));
      highest = Math.max(highest, high(i));
    }
  }
  if (lowest > highest) return null;
  if (chart.unit) [lowest, highest] = [Math.min(lowest, 0), Math.max(highest, 0)]; // changes are compared with zero
  const room = chart.free * (highest - lowest) || Math.abs(highest) * 1e-3;
  return [lowest - room, highest + room];
}

/**
 * Return all points of *series* in time order; they are read again only when the kernel sent other arrays.
 * @param {Series} series
 * @returns {Point[]}
 */
export function pointsOf(series) {
  // Both columns: where prices repeat, the kernel sends new times alone.
  const arrays = series.lines.flatMap((mark) => [mark.get("x"), mark.get("y")]);
  const { cache } = series;
  if (cache && arrays.every((array, index) => array === cache.arrays[index])) return cache.points;
  /** @type {Point[]} */
  const points = [];
  for (const mark of series.lines) {
    const { x, close, candle } = columns(mark);
    for (let i = 0; i < x.length; i++) points.push({ x: x[i], y: close(i), candle: candle(i) });
  }
  // Where one line has a price, the other's NaN at the same time is no gap.
  points.sort((a, b) => a.x - b.x || Number(Number.isNaN(a.y)) - Number(Number.isNaN(b.y)));
  // Of the points of a candle, all at one time, the last is its price.
  const unique = points.filter((point, index) => {
    if (Number.isNaN(point.y)) return points[index - 1]?.x !== point.x;
    const next = points[index + 1];
    return next?.x !== point.x || Number.isNaN(next.y);
  });
  series.cache = { arrays, points: unique };
  return unique;
}

/**
 * Return the point nearest to *x*, or null further than *reach* from the first and last point, and further than
 * *gapReach* from a gap's ends.
 * @param {Series} series
 * @param {number} x
 * @param {number} reach
 */
export function nearestPoint(series, x, reach, gapReach = 0) {
  const points = pointsOf(series);
  if (!points.length || x < points[0].x - reach || x > points[points.length - 1].x + reach) return null;
  let low = 0;
  let high = points.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (points[middle].x < x) low = middle + 1;
    else high = middle;
  }
  /** @type {(Point | undefined)[]} */
  const [left, right] = [points[low - 1], points[low]];
  const inGap = left && right && !(Number.isFinite(left.y) && Number.isFinite(right.y));
  const neighbours = [
    inGap && Number.isNaN(left.y) ? points[low - 2] : left,
    inGap && Number.isNaN(right.y) ? points[low + 1] : right,
  ];
  const candidates = neighbours.filter(
    (point) => point && Number.isFinite(point.y) && (!inGap || Math.abs(point.x - x) <= gapReach),
  );
  candidates.sort((a, b) => Math.abs(a.x - x) - Math.abs(b.x - x));
  return candidates[0] ?? null;
}
