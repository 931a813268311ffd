// The labels beside the ends of a comparison's lines: each at the height of its value, pushed apart where they would
// overlap. The kernel knows values, but not how high the chart is.

/** @import {ChartView} from "./chart_view.js" */
/** @import {Chart} from "./types.d.ts" */

const ROW = 19; // px between labels, where there is room
const LEADER = 18; // px from the plot to a label

/**
 * Return where labels stand that would be at *wanted* (ascending): apart from each other and within *height*.
 * @param {number[]} wanted px
 * @param {number} height px
 */
export function spread(wanted, height) {
  const row = Math.min(ROW, height / wanted.length);
  /** @type {{sum: number, count: number, middle: number}[]} groups of labels that push each other */
  const groups = [];
  for (const place of wanted) {
    let group = { sum: place, count: 1, middle: 0 };
    for (;;) {
      const half = (group.count * row) / 2;
      group.middle = Math.min(Math.max(group.sum / group.count, half), height - half);
      const above = groups[groups.length - 1];
      if (!above || above.middle + (above.count * row) / 2 <= group.middle - half) break;
      group = { sum: above.sum + group.sum, count: above.count + group.count, middle: 0 };
      groups.pop();
    }
    groups.push(group);
  }
  return groups.flatMap(({ count, middle }) =>
    Array.from({ length: count }, (_, index) => middle + (index - (count - 1) / 2) * row),
  );
}

/**
 * Place the rows of *list*, the highest value first, beside the plot of *chart*; return each wanted and given place.
 * @param {Chart} chart
 * @param {Element} list
 * @param {number} height px
 */
export function placeRows(chart, list, height) {
  const [low, high] = [chart.scale.get("min"), chart.scale.get("max")];
  const rows = /** @type {HTMLElement[]} */ ([...list.children]);
  const wanted = rows.map((row) => {
    const share = (high - Number(row.style.getPropertyValue("--p"))) / (high - low);
    return height * Math.min(1, Math.max(0, share));
  });
  const places = spread(wanted, height);
  places.forEach((place, index) => {
    rows[index].style.setProperty("--y", `${place.toFixed(1)}px`);
  });
  return wanted.map((from, index) => ({ from, to: places[index] }));
}

/**
 * Return how high the plot of *chart* is on paper, in px; its title is there as high as on the screen.
 * @param {HTMLElement} chart
 */
function heightOnPaper(chart) {
  const title = chart.querySelector(":scope > .bt-label-box")?.clientHeight ?? 0;
  return Number.parseFloat(getComputedStyle(chart).getPropertyValue("--bt-chart-height")) - 1 - title;
}

export class EndLabels {
  /**
   * @param {HTMLElement} stack
   * @param {ChartView} view
   */
  constructor(stack, view) {
    this.stack = stack;
    this.view = view;
    this.changed = new MutationObserver(() => this.place());
    this.resized = new ResizeObserver(() => this.place());
  }

  /** Follow the charts that are there now. */
  restart() {
    this.stop();
    for (const labels of this.stack.querySelectorAll(".bt-ends")) {
      this.changed.observe(labels, { childList: true, subtree: true });
      this.resized.observe(labels);
    }
  }

  /** Place all labels; *onPaper*, where a chart has its least height, before that is laid out. */
  place(onPaper = false) {
    for (const chart of this.view.charts) {
      const labels = chart.element?.querySelector(":scope > .bt-ends");
      const list = labels?.querySelector("ul");
      if (!labels || !list || labels.classList.contains("is-scrolled")) continue;
      const height = onPaper && chart.element ? heightOnPaper(chart.element) : labels.clientHeight;
      const leaders = placeRows(chart, list, height).map(
        ({ from, to }) => `M0 ${from.toFixed(1)}H4L${LEADER - 4} ${to.toFixed(1)}H${LEADER}`,
      );
      labels.querySelector("path")?.setAttribute("d", leaders.join(""));
    }
  }

  stop() {
    this.changed.disconnect();
    this.resized.disconnect();
  }
}
