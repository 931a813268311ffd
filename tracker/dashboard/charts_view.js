// What part of time the charts show. While the viewer moves it, the browser alone decides, so that it
// follows the hand; the kernel is told afterwards and answers with finer points. x is in seconds since
// the kernel's anchor, as in the lines.

const LEAST = 30; // s; closer in there is nothing to see, and the kernel shows no less
const PATIENCE = 2_000; // ms for the kernel to answer, before it is told again
const TELL = 120; // ms of rest before the kernel is told; in a long movement it is told this often times two

class View {
  constructor(model, root) {
    this.model = model;
    this.root = root;
    this.strips = [];
    this.sight = new Set(); // marks of the charts in sight
    this.local = null; // { start, end } while the viewer's choice is not yet what the kernel shows
    this.seq = model.get("domain").seq ?? 0; // another output's hand may have moved it
    this.shown = () => {};
    this.told = 0; // the last of these that the kernel was told
    this.toldAt = 0;
  }

  /** Look up the bqplot models that the kernel named. */
  async find() {
    const get = (id) => this.model.widget_manager.get_model(id);
    const wanted = this.model.get("strips");
    const models = await Promise.all(
      wanted.map(async (each, place) => ({
        ...each,
        place,
        box: this.root.querySelector(`.bt-strip.${each.mark}`),
        scale: await get(each.scale),
        time: await get(each.time),
        series: await Promise.all(
          each.series.map(async (one) => ({ ...one, lines: await Promise.all(one.lines.map(get)) })),
        ),
      })),
    );
    if (wanted === this.model.get("strips")) this.strips = models;
    this.apply();
  }

  /** Whether *strip* is in sight, or nothing is known of that yet. */
  sees(strip) {
    return !this.sight.size || this.sight.has(strip.mark);
  }

  get domain() {
    return { ...this.model.get("domain"), ...(this.local ?? {}) };
  }

  /** Show *start* to *end*, as far as there can be prices. */
  move(start, end) {
    const { first, last } = this.model.get("domain");
    const most = last - first;
    const width = Math.min(most, Math.max(LEAST, end - start));
    const free = 0.01 * width;
    if (end - start !== width) start = (start + end - width) / 2;
    start = Math.min(Math.max(start, first), last + free - width);
    this.local = { start, end: start + width };
    this.seq += 1;
    this.draw();
    this.tellSoon();
  }

  /** Zoom by *factor* (below 1 is closer) around *x*; at the newest price that stays in its place. */
  zoom(factor, x) {
    const { start, end, last } = this.domain;
    const fixed = x > end - 0.02 * (end - start) && end >= last ? end : x;
    this.move(fixed - (fixed - start) * factor, fixed + (end - fixed) * factor);
  }

  pan(seconds) {
    const { start, end } = this.domain;
    this.move(start + seconds, end + seconds);
  }

  back() {
    clearTimeout(this.timer); // a movement that was not told yet must not follow
    this.since = null;
    this.seq += 1;
    say(this.model, { kind: "back", seq: this.seq });
  }

  /** At most one redraw a frame, however many events come. */
  draw() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      this.apply();
    });
  }

  tellSoon() {
    const now = performance.now();
    this.since ??= now;
    clearTimeout(this.timer);
    const wait = now - this.since > 2 * TELL && !this.unanswered(now) ? 0 : TELL;
    this.timer = setTimeout(() => {
      if (this.local && this.unanswered(performance.now())) return this.tellSoon();
      this.since = null;
      if (!this.local) return;
      this.told = this.seq;
      this.toldAt = performance.now();
      const { start, end } = this.local;
      const { anchor, last } = this.model.get("domain");
      const ms = (x) => Math.round(anchor + 1000 * x);
      say(this.model, { kind: "view", start: ms(start), end: ms(end), live: end >= last, seq: this.seq });
    }, wait);
  }

  /** Whether the kernel has not answered yet; more questions would only pile up before the hand. */
  unanswered(now) {
    return this.told > this.model.get("domain").seq && now - this.toldAt < PATIENCE;
  }

  /** Ask the kernel for the prices at *x*; it answers with a message. */
  ask(x) {
    say(this.model, { kind: "at", x });
  }

  /** The kernel shows what was asked for last: from here on it leads. */
  heard() {
    if (this.model.get("domain").seq >= this.seq) this.local = null;
    this.apply();
  }

  /** Show it all: the charts in sight, or, before they are printed, *every* one. */
  apply(every = false) {
    const { start, end, ranges } = this.domain;
    if (!(end > start)) return;
    set(this.root, "--a", start);
    set(this.root, "--w", end - start);
    this.strips.forEach((strip, place) => {
      if (!every && !this.sees(strip)) return; // it is brought up to date when it comes into sight
      put(strip.time, start, end);
      const range = (this.local && fit(strip, start, end)) ?? ranges[place];
      if (!range || !strip.box) return;
      [strip.low, strip.high] = range;
      set(strip.box, "--lo", range[0]);
      set(strip.box, "--hi", range[1]);
      put(strip.scale, ...range);
    });
    this.root.classList.toggle("is-moving", this.local !== null);
    this.shown();
  }
}

function set(element, name, value) {
  const known = (element.known ??= {}); // reading a style back costs more than remembering it
  if (known[name] === value) return;
  known[name] = value;
  element.style.setProperty(name, value);
}

function put(scale, min, max) {
  if (scale.get("min") !== min || scale.get("max") !== max) scale.set({ min, max });
}

/** The arrays of a line or of candles: times, and the highest, lowest and last price at each. */
function columns(line) {
  const x = line.get("x") ?? [];
  const y = line.get("y") ?? [];
  const column = (place) => (i) => (typeof y[i] === "number" ? y[i] : y[i][place]); // open, high, low, close
  return { x, high: column(1), low: column(2), close: column(3) };
}

/** What the y axis must show for all that is seen from *start* to *end*; null if nothing is. */
function fit(strip, start, end) {
  let low = Infinity;
  let high = -Infinity;
  for (const line of strip.series.flatMap((one) => one.lines)) {
    const { x, low: bottom, high: top } = columns(line);
    for (let i = 0; i < x.length; i++) {
      if (x[i] < start || x[i] > end || Number.isNaN(bottom(i))) continue;
      low = Math.min(low, bottom(i));
      high = Math.max(high, top(i));
    }
  }
  if (low > high) return null;
  if (strip.unit) [low, high] = [Math.min(low, 0), Math.max(high, 0)]; // changes are seen from zero
  const room = strip.free * (high - low) || Math.abs(high) * 1e-3;
  return [low - room, high + room];
}

/** Tell the kernel; one that is gone cannot be told, and the page's link says so. */
function say(model, content) {
  try {
    model.send(content);
  } catch (error) {
    console.warn("not sent:", error);
  }
}
