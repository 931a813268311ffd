// Made by `make bundles` from chart_gestures.js chart_room.js chart_view.js charts.js crosshair.js crosshair_drawing.js crosshair_text.js dom.js end_labels.js gap_tip.js instant_drawing.js series.js: sha256 8f31a8a3c7ede59526b4e98832f397eadc00a0f067f637b7820de32484b07b96
// dom.js
var written = /* @__PURE__ */ new WeakMap();
function setVariable(element, name, value) {
  const known = written.get(element) ?? /* @__PURE__ */ new Map();
  if (known.get(name) === value) return;
  written.set(element, known.set(name, value));
  element.style.setProperty(name, String(value));
}
function appendChild(parent, name) {
  const element = document.createElement("div");
  element.className = name;
  return parent.appendChild(element);
}
function ensureChild(parent, name) {
  return parent.querySelector(`:scope > .${name}`) ?? appendChild(parent, name);
}
function listen(listeners) {
  for (const [target, name, handler, options] of listeners) target.addEventListener(name, handler, options);
  return () => {
    for (const [target, name, handler, options] of listeners) target.removeEventListener(name, handler, options);
  };
}

// chart_gestures.js
var ZOOM_STEP = 1.25;
var SCROLL_LATCH = 400;
var DRAG_THRESHOLD = 6;
var PAGE_STEP = 1 / 12;
function addGestures(root, stack, view, crosshair) {
  const stops = [
    addWheel(stack, view),
    addPointers(stack, view, crosshair),
    addKeys(stack, view, crosshair),
    listen([
      [stack, "dblclick", (event) => plotAt(event) && view.reset()],
      [stack, "blur", () => crosshair.hide()],
      [root, "click", (event) => event.target.closest?.("[data-bt=back]") && view.reset()]
    ])
  ];
  return () => {
    for (const stop of stops) stop();
  };
}
function plotAt(event) {
  const chart = event.target instanceof Element ? event.target.closest(".bt-chart") : null;
  const box = chart?.querySelector(".bt-plot")?.getBoundingClientRect();
  if (!(chart instanceof HTMLElement) || !box || event.clientX < box.left || event.clientX > box.right) return null;
  return { chart, box };
}
function timeAt(view, box, clientX) {
  return view.domain.start + (clientX - box.left) / box.width * view.width;
}
function addWheel(stack, view) {
  let scrolledAt = -SCROLL_LATCH;
  const wheel = (event) => {
    const plot = event.target instanceof Node && stack.contains(event.target) ? plotAt(event) : null;
    if (!plot || event.timeStamp - scrolledAt < SCROLL_LATCH && !event.ctrlKey) {
      if (!event.ctrlKey) scrolledAt = event.timeStamp;
      return;
    }
    event.preventDefault();
    const pixels = event.deltaMode === 1 ? 33 : event.deltaMode === 2 ? 400 : 1;
    if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      view.pan(pixels * event.deltaX * view.width / plot.box.width);
    } else {
      view.zoom(ZOOM_STEP ** (pixels * event.deltaY / 100), timeAt(view, plot.box, event.clientX));
    }
  };
  return listen([[window, "wheel", wheel, { passive: false, capture: true }]]);
}
function addPointers(stack, view, crosshair) {
  const pointers = /* @__PURE__ */ new Map();
  let drag = null;
  const distance = () => {
    const [one, other] = pointers.values();
    return other ? Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY) : 0;
  };
  const down = (event) => {
    const plot = plotAt(event);
    if (!plot || event.button > 0 || event.target instanceof Element && event.target.closest("button")) return;
    pointers.set(event.pointerId, event);
    const brush = event.shiftKey && event.pointerType === "mouse";
    drag = { ...plot, from: view.domain, x: event.clientX, brush, moved: false, distance: distance() };
    if (brush) event.preventDefault();
  };
  const move = (event) => {
    if (pointers.has(event.pointerId)) pointers.set(event.pointerId, event);
    if (drag && event.pointerType === "mouse" && !event.buttons) up(event);
    const plot = drag ?? plotAt(event);
    if (!plot && event.target instanceof Element && event.target.closest(".bt-crosshair-list")) return;
    if (!plot) return crosshair.hide();
    if (!drag || !pointers.has(event.pointerId)) {
      return crosshair.show(plot.chart, timeAt(view, plot.box, event.clientX));
    }
    const pinched = drag.distance > 0 && Math.abs(distance() - drag.distance) > DRAG_THRESHOLD;
    if ((pinched || Math.abs(event.clientX - drag.x) > DRAG_THRESHOLD) && !drag.moved) {
      drag.moved = true;
      stack.setPointerCapture?.(event.pointerId);
    }
    if (!drag.moved) return;
    if (drag.brush) {
      return crosshair.brush(timeAt(view, drag.box, drag.x), timeAt(view, drag.box, event.clientX));
    }
    crosshair.hide();
    const [one, other] = pointers.values();
    if (other && drag.distance > DRAG_THRESHOLD) pinch(view, drag, (one.clientX + other.clientX) / 2, distance());
    else pan(view, drag, event.clientX);
  };
  const up = (event) => {
    if (!pointers.delete(event.pointerId) || !drag) return;
    const { brush, moved, box, chart } = drag;
    if (brush && moved && event.type === "pointerup") {
      const [start2, end] = [timeAt(view, box, drag.x), timeAt(view, box, event.clientX)].sort((a, b) => a - b);
      view.show(start2, end);
    }
    if (!moved && event.type === "pointerup" && event.pointerType !== "mouse") {
      crosshair.show(chart, timeAt(view, box, event.clientX));
    }
    crosshair.clearBrush();
    const [rest] = pointers.values();
    drag = rest ? { ...drag, from: view.domain, x: rest.clientX, moved: true, distance: 0 } : null;
  };
  const leave = (event) => drag || event.pointerType !== "mouse" || crosshair.hide();
  return listen([
    [stack, "pointerdown", down],
    [stack, "pointermove", move],
    [stack, "pointerup", up],
    [stack, "pointercancel", up],
    [stack, "pointerleave", leave]
  ]);
}
function pinch(view, drag, middle, distance) {
  const { start: start2, end } = drag.from;
  const share = (middle - drag.box.left) / drag.box.width;
  const width = (end - start2) * (drag.distance / Math.max(DRAG_THRESHOLD, distance));
  const fixed = start2 + share * (end - start2);
  view.show(fixed - share * width, fixed + (1 - share) * width);
}
function pan(view, drag, clientX) {
  const { start: start2, end } = drag.from;
  const seconds = (drag.x - clientX) / drag.box.width * (end - start2);
  view.show(start2 + seconds, end + seconds);
}
function addKeys(stack, view, crosshair) {
  const actions = {
    ArrowLeft: (event) => event.shiftKey ? view.pan(-view.width / 8) : crosshair.step(-1),
    ArrowRight: (event) => event.shiftKey ? view.pan(view.width / 8) : crosshair.step(1),
    PageUp: () => crosshair.jump(-PAGE_STEP),
    PageDown: () => crosshair.jump(PAGE_STEP),
    Home: () => crosshair.jump(-Infinity),
    End: () => crosshair.jump(Infinity),
    "+": () => view.zoom(1 / ZOOM_STEP, crosshair.x ?? view.domain.end),
    "-": () => view.zoom(ZOOM_STEP, crosshair.x ?? view.domain.end),
    0: () => view.reset(),
    Escape: () => crosshair.x === null ? view.reset() : crosshair.hide()
  };
  const press = (event) => {
    if (event.target !== stack || event.ctrlKey || event.metaKey || event.altKey) return;
    const action = actions[event.key === "=" ? "+" : event.key];
    if (!action) return;
    event.preventDefault();
    action(event);
  };
  return listen([[stack, "keydown", press]]);
}

// chart_room.js
function keepRoomAbove(root, stack) {
  const page = root.closest(".bt-page");
  const main = root.closest(".bt-main");
  if (!page || !main) return () => {
  };
  const measure = () => {
    if (!stack.getClientRects().length) return;
    const above = stack.getBoundingClientRect().top - page.getBoundingClientRect().top;
    setVariable(root, "--bt-room-above", Math.round(above));
  };
  const resized = new ResizeObserver(measure);
  const restart = () => {
    resized.disconnect();
    for (const parent of [page, main, root]) {
      for (const child of parent.children) {
        if (child.contains(stack)) break;
        resized.observe(child);
      }
    }
  };
  const changed = new MutationObserver(restart);
  for (const parent of [page, main, root]) changed.observe(parent, { childList: true });
  restart();
  return () => {
    resized.disconnect();
    changed.disconnect();
  };
}

// instant_drawing.js
var OURS = ".bt-charts";
var OF_TRANSITIONS = ["delay", "duration", "ease"];
var isDone = false;
async function drawAtOnce(charts) {
  if (isDone) return;
  for (const mark of charts.flatMap(({ series }) => series.flatMap(({ lines }) => lines))) {
    for (const view of Object.values(mark.views ?? {})) {
      const selection = Object.getPrototypeOf((await view).d3el);
      if (!isDone) replaceTransitions(selection);
      isDone = true;
      return;
    }
  }
}
function replaceTransitions(selection) {
  const { transition } = selection;
  selection.transition = function(...options) {
    return this.node()?.closest(OURS) ? this : transition.apply(this, options);
  };
  for (const name of OF_TRANSITIONS) {
    selection[name] = function() {
      return this;
    };
  }
}

// series.js
function columns(mark) {
  const x = mark.get("x") ?? [];
  const y = mark.get("y") ?? [];
  const column = (column2) => (i) => {
    const value = y[i];
    return typeof value === "number" ? value : value[column2];
  };
  const candle = (i) => {
    const value = y[i];
    return typeof value === "number" ? void 0 : Array.from(value);
  };
  return { x, high: column(1), low: column(2), close: column(3), candle };
}
function priceRange(chart, start2, end) {
  let lowest = Infinity;
  let highest = -Infinity;
  for (const mark of chart.series.flatMap((series) => series.lines)) {
    const { x, low, high } = columns(mark);
    for (let i = 0; i < x.length; i++) {
      if (x[i] < start2 || x[i] > end || Number.isNaN(low(i))) continue;
      lowest = Math.min(lowest, low(i));
      highest = Math.max(highest, high(i));
    }
  }
  if (lowest > highest) return null;
  if (chart.unit) [lowest, highest] = [Math.min(lowest, 0), Math.max(highest, 0)];
  const room = chart.free * (highest - lowest) || Math.abs(highest) * 1e-3;
  return [lowest - room, highest + room];
}
function pointsOf(series) {
  const arrays = series.lines.flatMap((mark) => [mark.get("x"), mark.get("y")]);
  const { cache } = series;
  if (cache && arrays.every((array, index) => array === cache.arrays[index])) return cache.points;
  const points = [];
  for (const mark of series.lines) {
    const { x, close, candle } = columns(mark);
    for (let i = 0; i < x.length; i++) points.push({ x: x[i], y: close(i), candle: candle(i) });
  }
  points.sort((a, b) => a.x - b.x || Number(Number.isNaN(a.y)) - Number(Number.isNaN(b.y)));
  const unique = points.filter((point, index) => {
    if (Number.isNaN(point.y)) return points[index - 1]?.x !== point.x;
    const next = points[index + 1];
    return next?.x !== point.x || Number.isNaN(next.y);
  });
  series.cache = { arrays, points: unique };
  return unique;
}
function nearestPoint(series, x, reach, gapReach = 0) {
  const points = pointsOf(series);
  if (!points.length || x < points[0].x - reach || x > points[points.length - 1].x + reach) return null;
  let low = 0;
  let high = points.length;
  while (low < high) {
    const middle = low + high >> 1;
    if (points[middle].x < x) low = middle + 1;
    else high = middle;
  }
  const [left, right] = [points[low - 1], points[low]];
  const inGap = left && right && !(Number.isFinite(left.y) && Number.isFinite(right.y));
  const neighbours = [
    inGap && Number.isNaN(left.y) ? points[low - 2] : left,
    inGap && Number.isNaN(right.y) ? points[low + 1] : right
  ];
  const candidates = neighbours.filter(
    (point) => point && Number.isFinite(point.y) && (!inGap || Math.abs(point.x - x) <= gapReach)
  );
  candidates.sort((a, b) => Math.abs(a.x - x) - Math.abs(b.x - x));
  return candidates[0] ?? null;
}

// chart_view.js
var SHORTEST = 30;
var MARGIN = 0.01;
var REPLY_TIMEOUT = 2e3;
var NOTIFY_DELAY = 30;
var ChartView = class {
  /**
   * @param {Model<ChartTraits>} model
   * @param {HTMLElement} root
   */
  constructor(model, root) {
    this.model = model;
    this.root = root;
    this.charts = [];
    this.onScreen = /* @__PURE__ */ new Set();
    this.local = null;
    this.seq = model.get("domain").seq ?? 0;
    this.afterApply = () => {
    };
    this.notifiedSeq = 0;
    this.notifiedAt = 0;
    this.movingSince = null;
    this.frame = null;
    this.timer = void 0;
  }
  /** Look up the bqplot models that the kernel named. */
  async findModels() {
    const specs = this.model.get("charts");
    const get = (id) => this.model.widget_manager.get_model(id);
    const charts = await Promise.all(
      specs.map(async (spec, index) => ({
        ...spec,
        index,
        element: (
          /** @type {HTMLElement | null} */
          this.root.querySelector(`.bt-chart.${spec.css_class}`)
        ),
        scale: (
          /** @type {Scale} */
          await get(spec.scale)
        ),
        time: (
          /** @type {Scale} */
          await get(spec.time)
        ),
        series: await Promise.all(
          spec.series.map(async (series) => ({
            ...series,
            lines: (
              /** @type {Mark[]} */
              await Promise.all(series.lines.map(get))
            )
          }))
        )
      }))
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
    const { start: start2, end } = this.domain;
    return end - start2;
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
  show(start2, end) {
    const { first, last } = this.model.get("domain");
    const longest = (1 + MARGIN) * (last - first);
    const width = Math.min(longest, Math.max(SHORTEST, end - start2));
    const margin = MARGIN * width;
    const centred = end - start2 === width ? start2 : (start2 + end - width) / 2;
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
    const { start: start2, end, last } = this.domain;
    const fixed = x > end - 0.02 * (end - start2) && end >= last ? end : x;
    this.show(fixed - (fixed - start2) * factor, fixed + (end - fixed) * factor);
  }
  /** @param {number} seconds */
  pan(seconds) {
    const { start: start2, end } = this.domain;
    this.show(start2 + seconds, end + seconds);
  }
  /** Return to the chosen span. */
  reset() {
    clearTimeout(this.timer);
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
    const { start: start2, end } = this.local;
    const { last } = this.model.get("domain");
    const milliseconds = (x) => Math.round(1e3 * x);
    const live = end >= last - (end - start2) / 1e3;
    const range = { start: milliseconds(start2), end: milliseconds(end), live };
    this.send({ kind: "view", ...range, seq: this.seq });
    this.timer = setTimeout(() => this.notify(), REPLY_TIMEOUT);
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
    const { start: start2, end, ranges } = this.domain;
    if (!(end > start2)) return;
    void drawAtOnce(this.charts);
    setVariable(this.root, "--a", this.styled(start2));
    setVariable(this.root, "--w", end - start2);
    this.charts.forEach((chart, index) => {
      if (!every && !this.isVisible(chart)) return;
      setLimits(chart.time, start2, end);
      const range = (this.local && priceRange(chart, start2, end)) ?? ranges[index];
      if (!range || !chart.element) return;
      setVariable(chart.element, "--lo", range[0]);
      setVariable(chart.element, "--hi", range[1]);
      setLimits(chart.scale, ...range);
    });
    this.root.classList.toggle("is-moving", this.local !== null);
    this.afterApply();
  }
};
function setLimits(scale, min, max) {
  if (scale.get("min") !== min || scale.get("max") !== max) scale.set({ min, max });
}

// end_labels.js
var ROW = 19;
var LEADER = 18;
function spread(wanted, height) {
  const row = Math.min(ROW, height / wanted.length);
  const groups = [];
  for (const place of wanted) {
    let group = { sum: place, count: 1, middle: 0 };
    for (; ; ) {
      const half = group.count * row / 2;
      group.middle = Math.min(Math.max(group.sum / group.count, half), height - half);
      const above = groups[groups.length - 1];
      if (!above || above.middle + above.count * row / 2 <= group.middle - half) break;
      group = { sum: above.sum + group.sum, count: above.count + group.count, middle: 0 };
      groups.pop();
    }
    groups.push(group);
  }
  return groups.flatMap(
    ({ count, middle }) => Array.from({ length: count }, (_, index) => middle + (index - (count - 1) / 2) * row)
  );
}
function placeRows(chart, list, height) {
  const [low, high] = [chart.scale.get("min"), chart.scale.get("max")];
  const rows = (
    /** @type {HTMLElement[]} */
    [...list.children]
  );
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
function heightOnPaper(chart) {
  const title = chart.querySelector(":scope > .bt-label-box")?.clientHeight ?? 0;
  return Number.parseFloat(getComputedStyle(chart).getPropertyValue("--bt-chart-height")) - 1 - title;
}
var EndLabels = class {
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
        ({ from, to }) => `M0 ${from.toFixed(1)}H4L${LEADER - 4} ${to.toFixed(1)}H${LEADER}`
      );
      labels.querySelector("path")?.setAttribute("d", leaders.join(""));
    }
  }
  stop() {
    this.changed.disconnect();
    this.resized.disconnect();
  }
};

// crosshair_drawing.js
var PRICES = 4;
var ROW2 = 14;
var GAP = 4;
function drawReadings(chart, x, readings) {
  const { element } = chart;
  const single = readings.length === 1 && !chart.unit ? readings[0] : null;
  const crosshair = ensureChild(element, "bt-crosshair");
  setVariable(crosshair, "--x", x);
  crosshair.classList.toggle("is-empty", single !== null && !single.point);
  if (single?.point) setVariable(crosshair, "--p", single.point.y);
  drawCandle(element, single?.candle ?? []);
  element.classList.toggle("is-of-candles", Boolean(chart.candle));
  const content = readings.map(({ text }) => text).join();
  let scrolled = 0;
  if (crosshair.dataset.text !== content) {
    crosshair.dataset.text = content;
    scrolled = crosshair.querySelector(".bt-crosshair-list")?.scrollTop ?? 0;
    crosshair.innerHTML = '<i class="bt-crosshair-line"></i>';
    if (single) {
      crosshair.insertAdjacentHTML(
        "beforeend",
        '<i class="bt-crosshair-level"></i><i class="bt-crosshair-point"></i><span class="bt-crosshair-value"></span>'
      );
      if (crosshair.lastChild) crosshair.lastChild.textContent = single.text;
    } else crosshair.append(valueList(readings));
  }
  const list = crosshair.querySelector(".bt-crosshair-list");
  if (list) placeList(chart, list, crosshair.clientHeight);
  if (list && scrolled) list.scrollTop = scrolled;
}
function hideTouched(axes) {
  const labels = axes.flatMap((axis) => {
    const mark = axis.querySelector(".bt-crosshair-value, .bt-crosshair-time > span")?.getBoundingClientRect();
    const texts = axis.querySelectorAll(".bt-price-axis span, .bt-time-axis > div > span");
    return mark ? [...texts].map((label) => ({ label, isTouched: touch(mark, label.getBoundingClientRect()) })) : [];
  });
  for (const { label, isTouched } of labels) label.classList.toggle("is-touched", isTouched);
}
function touch(one, other) {
  const isBeside = one.right + GAP < other.left || other.right + GAP < one.left;
  return !isBeside && one.top < other.bottom && other.top < one.bottom;
}
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
    value.textContent = price || name;
    values.children[index].classList.toggle("is-note", !price);
  });
}
function valueList(readings) {
  const height = ({ point }) => point?.y ?? -Infinity;
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
function placeList(chart, list, height) {
  const count = list.children.length;
  const least = chart.element?.querySelector(":scope > .is-scrolled") ? 2 : 1;
  const columns2 = Math.max(least, Math.ceil(count / Math.max(1, Math.floor(height / ROW2))));
  list.classList.toggle("has-columns", columns2 > 1);
  if (columns2 > 1) list.style.setProperty("--rows", String(Math.ceil(count / columns2)));
  else placeRows(chart, list, height);
}

// crosshair_text.js
var BARS_FROM = 9e4;
var DAY_SHOWN_FROM = 129600;
var DAY = 86400;
var YEAR_SHOWN_FROM = 300 * DAY;
var PRICES2 = ["open", "high", "low", "close"];
function exactTime({ start: start2, end, zone }, x) {
  const time = Math.round(x) * 1e3;
  const format = new Intl.DateTimeFormat("en-GB", {
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
    timeZone: zone,
    second: time % 6e4 ? "2-digit" : void 0,
    ...end - start2 > DAY_SHOWN_FROM ? { day: "numeric", month: "short" } : {},
    ...end - start2 > YEAR_SHOWN_FROM ? { year: "numeric" } : {}
  });
  return withShortMonths(format.format(time));
}
function valueText(chart, point) {
  return numberText(chart, point.price ?? priceAt(chart, point.y));
}
function barTime({ start: start2, end, zone }, bar) {
  const day = new Intl.DateTimeFormat("en-GB", {
    day: "numeric",
    month: "short",
    timeZone: zone,
    year: end - start2 > YEAR_SHOWN_FROM ? "numeric" : void 0
  });
  if (bar.end - bar.start > DAY) return withShortMonths(day.formatRange(1e3 * bar.start, 1e3 * (bar.end - 1)));
  const startDay = withShortMonths(day.format(1e3 * bar.start));
  if (bar.end - bar.start === DAY) return startDay;
  const time = new Intl.DateTimeFormat("en-GB", {
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
    timeZone: zone
  });
  return `${startDay} ${time.format(1e3 * bar.start)}–${time.format(1e3 * bar.end)}`;
}
function withShortMonths(text) {
  return text.replace("Sept", "Sep");
}
function periodTime(domain, x, period) {
  if (!period) return exactTime(domain, x);
  if (domain.end - domain.start > BARS_FROM) return barTime(domain, period);
  return `${exactTime(domain, period.start)}–${exactTime(domain, period.end)}`;
}
function candlePeriod({ candle = 0 }, point) {
  return { start: point.x - candle / 2, end: point.x + candle / 2 };
}
function barTexts(domain, chart, bar, leading) {
  const texts = (
    /** @type {[string, string][]} */
    [
      ["low", numberText(chart, bar.low)],
      ["high", numberText(chart, bar.high)]
    ]
  );
  const note = [bar.polled ? "of polled prices" : "", timeIfOther(domain, bar, leading)].filter(Boolean).join(", ");
  return note ? [...texts, [note, ""]] : texts;
}
function candleTexts(domain, chart, point, leading) {
  if (!point?.candle) return [];
  const texts = (
    /** @type {[string, string][]} */
    point.candle.map((y, index) => [PRICES2[index], numberText(chart, priceAt(chart, y))])
  );
  const time = timeIfOther(domain, candlePeriod(chart, point), leading);
  return time ? [...texts, [time, ""]] : texts;
}
function timeIfOther(domain, period, leading) {
  return leading?.start === period.start && leading.end === period.end ? "" : periodTime(domain, period.end, period);
}
function spokenText({ text, candle }) {
  return candle.length ? candle.map((texts) => texts.join(" ").trim()).join(", ") : text;
}
function priceAt(chart, y) {
  return chart.log ? Number((10 ** y).toPrecision(10)) : y;
}
function numberText(chart, number) {
  const text = new Intl.NumberFormat("en-US", {
    minimumFractionDigits: chart.digits,
    maximumFractionDigits: chart.digits,
    roundingMode: "halfEven",
    signDisplay: chart.unit ? "exceptZero" : "auto"
  }).format(number);
  return text.replace("-", "−") + (chart.unit ?? "");
}

// gap_tip.js
var GapTip = class {
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
    const first = reasons.find(({ chart, reason }) => reason && chart === leader) ?? reasons.find(({ reason }) => reason);
    const alike = reasons.filter(({ reason }) => reason === first?.reason);
    const names = alike.flatMap(({ chart }) => chart.unit ? [] : chart.series.map(({ name }) => name));
    this.text.textContent = tipText(first?.reason ?? "", alike.length < charts.length ? names.join(", ") : "");
    setVariable(this.place, "--x", x);
  }
  stop() {
    this.place.remove();
  }
};
function tipText(reason, names) {
  const text = names && reason ? `${names}: ${reason[0].toLowerCase()}${reason.slice(1)}` : reason;
  return text.replaceAll(/(\d)–(\d)/g, "$1⁠–⁠$2");
}
function gapReasonAt(element, x, reach = 0) {
  const gaps = element?.querySelectorAll(".bt-gap[data-why]") ?? /** @type {any} */
  [];
  const variable = (gap, name) => Number(gap.style.getPropertyValue(name));
  const isAt = (gap) => {
    const [start2, end] = [variable(gap, "--t"), variable(gap, "--u")];
    return Math.abs(x - (start2 + end) / 2) <= Math.max((end - start2) / 2, reach);
  };
  return [...gaps].find(isAt)?.dataset.why ?? "";
}

// crosshair.js
var REQUEST_DELAY = 40;
var SPEECH_DELAY = 400;
var Crosshair = class {
  /**
   * @param {HTMLElement} root
   * @param {HTMLElement} stack
   * @param {ChartView} view
   */
  constructor(root, stack, view) {
    this.root = root;
    this.stack = stack;
    this.view = view;
    this.x = null;
    this.pointer = null;
    this.leader = null;
    this.exact = null;
    this.range = null;
    this.requestTimer = void 0;
    this.speechTimer = void 0;
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
    const chart = this.view.charts.find((chart2) => chart2.element === element);
    const distance = (point) => Math.abs(point.x - x);
    const [nearest] = (chart?.series ?? []).map((series) => this.pointOf(chart, series, x, this.reach)).filter((point) => point !== null).sort((a, b) => distance(a) - distance(b));
    const { start: start2, end } = this.view.domain;
    this.x = Math.min(end, Math.max(start2, nearest ? nearest.x : x));
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
  setExact(exact) {
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
    return 8e-3 * this.view.width;
  }
  /**
   * Move *by* points to the right.
   * @param {number} by
   */
  step(by) {
    const { start: start2, end } = this.view.domain;
    const series = this.leadingChart?.series[0];
    if (!series) return;
    const visible = pointsOf(series).filter(({ x: x2, y }) => x2 >= start2 && x2 <= end && Number.isFinite(y));
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
  jump(share) {
    const { start: start2, end, last } = this.view.domain;
    const { leadingChart: chart, x: before } = this;
    if (!chart) return;
    const newest = Math.min(end, last);
    this.show(chart.element, Math.min(newest, Math.max(start2, (before ?? newest) + share * this.view.width)));
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
    const { start: start2, end } = this.view.domain;
    const { x } = this;
    const inside = x !== null && x >= start2 && x <= end;
    this.root.classList.toggle("has-crosshair", inside);
    if (!inside) return;
    const charts = this.view.charts.filter((chart) => this.view.isVisible(chart));
    const empty = /* @__PURE__ */ new Set();
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
      const isNear = nearest !== null || chart.unit && nearestPoint(series, x, this.reach, this.reach) !== null;
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
  barOf(chart, x) {
    return chart && this.exact?.x === x && this.exact.bars?.[chart.index] || null;
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
  periodOf(chart, x) {
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
};

// charts.js
var NEAR_SCREEN = "50% 0px";
var LABEL = "Price charts. Arrow keys read prices, plus and minus zoom, 0 goes back.";
function render({ model, el }, views) {
  let stop = () => {
  };
  const waiting = setInterval(() => {
    const root = el.closest(".bt-charts");
    const stack = root?.querySelector(".bt-chart-stack");
    if (!root || !stack?.isConnected) return;
    clearInterval(waiting);
    stop = start(model, root, stack, views);
  }, 20);
  return () => {
    clearInterval(waiting);
    stop();
  };
}
function start(model, root, stack, views) {
  const view = new ChartView(model, root);
  views.add(view);
  const crosshair = new Crosshair(root, stack, view);
  const endLabels = new EndLabels(stack, view);
  view.afterApply = () => {
    endLabels.place();
    crosshair.draw();
  };
  const screen = watchScreen(stack, view, views);
  const chartsChanged = () => {
    screen.restart();
    endLabels.restart();
    crosshair.chartsChanged();
    return view.findModels();
  };
  let width = 0;
  const domainChanged = () => {
    view.domainChanged();
    const { start: start2, end } = model.get("domain");
    if (Math.abs(end - start2 - width) > width / 100) crosshair.chartsChanged();
    else crosshair.requestValues();
    width = end - start2;
  };
  const received = (message) => message.kind === "values_at" && crosshair.setExact(message);
  const added = new MutationObserver(chartsChanged);
  added.observe(stack, { childList: true });
  model.on("change:charts", chartsChanged);
  model.on("change:domain", domainChanged);
  model.on("msg:custom", received);
  stack.tabIndex = 0;
  stack.setAttribute("role", "group");
  stack.setAttribute("aria-label", LABEL);
  const stopGestures = addGestures(root, stack, view, crosshair);
  const stopPrinting = fitOnPaper(stack, view, endLabels);
  const stopMeasuring = keepRoomAbove(root, stack);
  void chartsChanged();
  return () => {
    clearTimeout(view.timer);
    if (view.frame !== null) cancelAnimationFrame(view.frame);
    crosshair.stop();
    endLabels.stop();
    stopPrinting();
    stopMeasuring();
    stopGestures();
    added.disconnect();
    screen.stop();
    model.off("change:charts", chartsChanged);
    model.off("change:domain", domainChanged);
    model.off("msg:custom", received);
  };
}
function watchScreen(stack, view, views) {
  const report = () => {
    const shown = new Set([...views].flatMap(({ onScreen }) => [...onScreen]));
    view.send({ kind: "on_screen", css_classes: [...shown] });
  };
  const observer = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) {
        const cssClass = [...target.classList].find((name) => name.startsWith("bt-chart-"));
        if (cssClass && isIntersecting) view.onScreen.add(cssClass);
        else if (cssClass) view.onScreen.delete(cssClass);
      }
      report();
      view.scheduleApply();
    },
    { rootMargin: NEAR_SCREEN }
  );
  return {
    restart() {
      observer.disconnect();
      view.onScreen.clear();
      for (const chart of stack.querySelectorAll(".bt-chart")) observer.observe(chart);
    },
    stop() {
      observer.disconnect();
      views.delete(view);
      if (views.size) report();
    }
  };
}
function fitOnPaper(stack, view, endLabels) {
  const before = () => {
    view.apply(true);
    endLabels.place(true);
    for (const svg of stack.querySelectorAll(".bt-figure svg")) {
      const { width, height } = svg.getBoundingClientRect();
      svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
      svg.setAttribute("preserveAspectRatio", "none");
    }
  };
  const after = () => {
    for (const svg of stack.querySelectorAll(".bt-figure svg[viewBox]")) svg.removeAttribute("viewBox");
    endLabels.place();
  };
  return listen([
    [window, "beforeprint", before],
    [window, "afterprint", after]
  ]);
}
var charts_default = () => {
  const views = /* @__PURE__ */ new Set();
  return { render: (context) => render(context, views) };
};
export {
  charts_default as default
};
