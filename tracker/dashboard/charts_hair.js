// The crosshair: one moment in all charts, and each chart's price at it. It stands at real points only.

class Hair {
  constructor(root, stack, view) {
    Object.assign(this, { root, stack, view, x: null, leader: null });
    this.said = child(root, "bt-sr-said");
    this.said.setAttribute("aria-live", "polite");
  }

  /** Stand at the point of *strip* (its element) nearest to *x*. */
  show(strip, x) {
    this.leader = strip;
    const found = this.view.strips.find((each) => each.box === strip);
    const near = (found?.series ?? []).map((one) => nearest(one, x, this.reach(), this.reach())).filter(Boolean);
    const [point] = near.sort((a, b) => Math.abs(a.x - x) - Math.abs(b.x - x));
    this.x = point ? point.x : x;
    this.draw();
    this.ask();
  }

  /** Lines have only some of the prices: those of the other charts at this moment are the kernel's to tell. */
  ask() {
    clearTimeout(this.asking);
    if (this.x === null || this.strip()?.candle) return;
    this.asking = setTimeout(() => this.view.ask(this.x), 40);
  }

  /** Other charts, or another scale: what was told is of the old ones. */
  forget() {
    this.exact = null;
    this.ask();
  }

  told(exact) {
    this.exact = exact;
    this.draw();
  }

  hide() {
    this.x = null;
    this.draw();
  }

  /** One point to the left or right, of the first chart when none was pointed at. */
  step(by) {
    const strip = this.strip();
    if (!strip) return;
    const { start, end } = this.view.domain;
    const { points } = read(strip.series[0] ?? { lines: [] });
    const inside = points.filter((each) => each.x >= start && each.x <= end && Number.isFinite(each.y));
    if (!inside.length) return;
    const now = this.x === null ? inside.length - (by > 0 ? 1 : 0) : inside.findIndex((each) => each.x >= this.x);
    const place = Math.min(inside.length - 1, Math.max(0, (now < 0 ? inside.length : now) + by));
    this.x = inside[place].x;
    this.draw();
    this.ask();
    this.speak();
  }

  /** *seconds* on, as far as the charts reach. */
  jump(seconds) {
    const { start, end } = this.view.domain;
    const strip = this.strip();
    if (!strip) return;
    this.show(strip.box, Math.min(end, Math.max(start, (this.x ?? end) + seconds)));
    this.speak();
  }

  /** How far beside the first and last price one still points at them, in seconds: some pixels. */
  reach() {
    const { start, end } = this.view.domain;
    return 0.008 * (end - start);
  }

  strip() {
    return this.view.strips.find((each) => each.box === this.leader) ?? this.view.strips[0];
  }

  /** Mark the time from *one* to *other* as being chosen; null: none is. */
  brush(one, other) {
    this.range ??= child(this.stack, "bt-brush");
    this.range.hidden = one === null;
    if (one === null) return;
    this.hide();
    this.range.style.setProperty("--t", Math.min(one, other));
    this.range.style.setProperty("--u", Math.max(one, other));
  }

  draw() {
    const { start, end } = this.view.domain;
    const on = this.x !== null && this.x >= start && this.x <= end;
    this.root.classList.toggle("has-hair", on);
    if (!on) return;
    for (const strip of this.view.strips) if (strip.box && this.view.sees(strip)) this.mark(strip);
    const times = this.root.querySelector(".bt-times");
    const chip = keep(times, "bt-hairtime");
    if (!chip.firstChild) chip.append(document.createElement("span"));
    set(chip, "--x", this.x);
    chip.firstChild.textContent = this.time();
  }

  /** Each line of *strip* with its point at the crosshair, null where it has no price, and what is written of it. */
  at(strip) {
    const exact = this.exact?.x === this.x ? this.exact.y[strip.place] : null;
    return strip.series.map((one, place) => {
      let point = nearest(one, this.x, this.reach());
      const price = exact?.[place];
      if (point && Number.isFinite(price)) point = { x: this.x, y: strip.log ? Math.log10(price) : price, price };
      return { one, point, text: point ? write(strip, point) : "no price" };
    });
  }

  /** The crosshair's line, point and value over *strip*. Its place is set here and not once for all charts: the
      browser would look at everything in them again. */
  mark(strip) {
    const { start, end } = this.view.domain;
    const found = this.at(strip);
    const single = found.length === 1 ? found[0] : null;
    const none = single !== null && !single.point;
    const hair = keep(strip.box, "bt-hair");
    set(hair, "--x", this.x);
    hair.classList.toggle("is-none", none);
    hair.classList.toggle("is-left", this.x > (start + end) / 2);
    if (single?.point) set(hair, "--p", single.point.y);
    const why = none ? gap(strip.box, this.x) : "";
    const key = found.map((each) => each.text).join() + why;
    if (hair.dataset.text === key) return;
    hair.dataset.text = key;
    hair.innerHTML = '<i class="bt-hairline"></i>';
    if (single) hair.innerHTML += '<i class="bt-hairpt"></i><span class="bt-hairval"></span>';
    if (single) hair.lastChild.textContent = single.text;
    if (why) child(hair, "bt-gaptip").textContent = why;
    if (!single && found.length) hair.append(list(found));
  }

  time() {
    const { anchor, start, end, zone } = this.view.domain;
    const day = end - start > 129_600 ? { day: "numeric", month: "short" } : {};
    const write = (x) => {
      const ms = Math.round(anchor + 1000 * x); // x has single precision, some hundredths of a second
      const whole = Math.round(ms / 1000) * 1000;
      const second = whole % 60_000 ? { second: "2-digit" } : {};
      const parts = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: zone };
      return new Intl.DateTimeFormat("en-GB", { ...parts, ...second, ...day }).format(whole);
    };
    // A candle is its last price, which came some time before its end.
    const wide = this.strip()?.candle;
    return wide ? `${write(this.x - wide / 2)}–${write(this.x + wide / 2)}` : write(this.x);
  }

  /** Only what keys brought about is spoken, and only when they rest. */
  speak() {
    clearTimeout(this.pause);
    this.pause = setTimeout(() => {
      const found = this.x === null ? [] : this.view.strips.flatMap((strip) => this.at(strip));
      const words = found.map(({ one, text }) => `${one.name} ${text}`).join("; ");
      this.said.textContent = this.x === null ? "" : `${this.time()}: ${words}`;
    }, 400);
  }
}

function child(parent, name) {
  const made = document.createElement("div");
  made.className = name;
  return parent.appendChild(made);
}

/** What is known of the gap at *x* in the strip *box*; "" outside of one. */
function gap(box, x) {
  const number = (each, name) => Number(each.style.getPropertyValue(name));
  const all = [...box.querySelectorAll(".bt-gap[data-why]")];
  return all.find((each) => number(each, "--t") <= x && x <= number(each, "--u"))?.dataset.why ?? "";
}

/** The values of several lines, the highest first. */
function list(found) {
  const height = ({ point }) => point?.y ?? -Infinity;
  const made = document.createElement("ul");
  made.className = "bt-hairlist";
  made.style.setProperty("--columns", Math.ceil(found.length / 14));
  for (const { one, text } of [...found].sort((a, b) => height(b) - height(a))) {
    const row = made.appendChild(document.createElement("li"));
    row.className = one.colour ?? "";
    row.innerHTML = "<i></i><b></b><span></span>";
    row.children[1].textContent = one.name;
    row.children[2].textContent = text;
  }
  return made;
}

/** *parent*'s child of class *name*; made if it has none, or has dropped it. */
function keep(parent, name) {
  return parent.querySelector(`:scope > .${name}`) ?? child(parent, name);
}

function write(strip, at) {
  // Ten digits are more than a price has, and fewer than a logarithm loses.
  const price = at.price ?? (strip.log ? Number((10 ** at.y).toPrecision(10)) : at.y);
  // Rounded as the kernel does, so that no price has two forms on one page.
  const digits = { minimumFractionDigits: strip.digits, maximumFractionDigits: strip.digits, roundingMode: "halfEven" };
  const text = new Intl.NumberFormat("en-US", { ...digits, signDisplay: strip.unit ? "exceptZero" : "auto" }).format(price);
  return text.replace("-", "\u2212") + (strip.unit ?? "");
}

/** All points of one currency in time order, gaps as NaN; read anew only when the kernel sent other arrays. */
function read(one) {
  // Both columns: where prices repeat, the kernel sends new times alone.
  const arrays = one.lines.flatMap((line) => [line.get("x"), line.get("y")]);
  if (one.cache && arrays.every((each, place) => each === one.cache.arrays[place])) return one.cache;
  const points = [];
  for (const line of one.lines) {
    const { x, close } = columns(line);
    for (let i = 0; i < x.length; i++) points.push({ x: x[i], y: close(i) });
  }
  // Where one line has a price, the other's nan at the same time is no gap.
  points.sort((a, b) => a.x - b.x || Number.isNaN(a.y) - Number.isNaN(b.y));
  const single = points.filter((each, place) => each.x !== points[place - 1]?.x);
  return (one.cache = { arrays, points: single });
}

/** The point nearest to *x*; null further than *reach* from the first and last, and than *inside* from a gap's ends. */
function nearest(one, x, reach, inside = 0) {
  const { points } = read(one);
  if (!points.length || x < points[0].x - reach || x > points.at(-1).x + reach) return null;
  let low = 0;
  let high = points.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (points[middle].x < x) low = middle + 1;
    else high = middle;
  }
  const [left, right] = [points[low - 1], points[low]];
  const gap = left && right && !(Number.isFinite(left.y) && Number.isFinite(right.y));
  const near = [gap && Number.isNaN(left.y) ? points[low - 2] : left, gap && Number.isNaN(right.y) ? points[low + 1] : right];
  const there = near.filter((each) => each && Number.isFinite(each.y) && (!gap || Math.abs(each.x - x) <= inside));
  there.sort((a, b) => Math.abs(a.x - x) - Math.abs(b.x - x));
  return there[0] ?? null;
}
