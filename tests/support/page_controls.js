// Operates a control of the page to and fro; without a name, returns the names of all.
async ([name, rounds]) => {
  const PATIENCE = 60_000; // ms
  const AGAIN = 2_000; // ms until a viewer does again what had no effect, as the charts were about to be drawn anew
  const find = (selector) => document.querySelector(selector);
  const all = (selector) => [...document.querySelectorAll(selector)];
  const button = (text) => all(".bt-page button").find((each) => each.textContent.trim() === text && each.offsetParent);
  const count = (selector) => all(selector).length;
  // The table is drawn after the charts.
  const shown = (charts) =>
    count(".bt-chart-stack > .bt-chart:not(.is-hidden)") === charts && count("td.col-rank") === charts;
  const charts = () => find(".bt-charts").style;
  const span = () => Number(charts().getPropertyValue("--w"));
  const low = () => Number(find(".bt-chart-0").style.getPropertyValue("--lo"));
  const box = (index) => all(".bt-currency input")[index];
  const lines = () => all(".bt-chart-0 path.line").some((path) => path.getAttribute("d"));
  const plot = () => find(".bt-chart-0 .bt-plot").getBoundingClientRect();
  const point = () => ({ clientX: plot().left + plot().width / 2, clientY: plot().top + 20, bubbles: true });
  const fire = (Kind, name, init) =>
    find(".bt-chart-0 .bt-plot").dispatchEvent(new Kind(name, { ...point(), ...init }));
  const press = (key) => find(".bt-chart-stack").dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
  const drag = (pixels, init) => {
    find(".bt-chart-stack").setPointerCapture = () => {}; // no real pointer is down, which it could capture
    const mouse = { pointerType: "mouse", pointerId: 1, buttons: 1, ...init };
    const there = { ...mouse, clientX: point().clientX + pixels };
    fire(PointerEvent, "pointerdown", mouse);
    fire(PointerEvent, "pointermove", there);
    fire(PointerEvent, "pointerup", { ...there, buttons: 0 });
    fire(PointerEvent, "pointerleave", { ...there, buttons: 0 });
  };
  const zoomed = () => find(".bt-back-to-span") && !find(".is-moving");
  const back = [() => find(".bt-back-to-span").click(), () => !find(".bt-back-to-span") && !find(".is-moving")];
  const slide = (seconds) => {
    find(".bt-scrubber input").valueAsNumber = seconds;
    find(".bt-scrubber input").dispatchEvent(new Event("input", { bubbles: true }));
  };
  const replayed = () => find(".bt-replay-time").textContent;
  const otherDay = () => find(".bt-replay-days button:not(:disabled)"); // of two days, the one that is not shown
  const changeDay = [() => ((before = otherDay()), before.click()), () => otherDay() && otherDay() !== before];
  const typeDate = (text) => {
    find(".bt-go-to input").value = text;
    find(".bt-go-to form").requestSubmit();
  };
  const rank = (option) => {
    const menu = find(".bt-rank-by select");
    menu.selectedIndex = option;
    menu.dispatchEvent(new Event("change", { bubbles: true }));
  };
  const ranked = () => find(".bt-table th[aria-sort] button")?.dataset.sort;
  const isUtc = () => find(".bt-clock").textContent.trim().endsWith("UTC");
  let before;
  // Of each control one round: what the viewer does, what shows that the kernel has answered, and whether to repeat the
  // first until then. It ends as it began.
  const CONTROLS = {
    compare: [
      [() => button("Compare").click(), () => find(".is-compare .bt-chart-change path.line[d]")],
      [() => button("Prices").click(), () => !find(".is-compare") && lines()],
    ],
    log: [
      [() => button("Log").click(), () => low() < 100],
      [() => button("Prices").click(), () => low() > 100],
    ],
    candles: [
      [() => find(".bt-modes input").click(), () => !lines()],
      [() => find(".bt-modes input").click(), lines],
    ],
    currency: [
      [() => box(0).click(), () => shown(2)],
      [() => box(0).click(), () => shown(3)],
    ],
    "none and all": [
      [() => button("None").click(), () => shown(0)],
      [() => button("All").click(), () => shown(3)],
    ],
    "compared currency": [
      [() => button("Compare").click(), () => find(".is-compare")],
      [() => box(0).click(), () => count(".bt-chart-change li") === 2 && count("td.col-rank") === 2],
      [() => box(0).click(), () => count(".bt-chart-change li") === 3 && count("td.col-rank") === 3],
      [() => button("Prices").click(), () => !find(".is-compare") && lines()],
    ],
    spans: [
      [() => button("10 min").click(), () => span() < 1_000],
      [() => button("1 h").click(), () => span() > 1_000],
      [() => button("24 h").click(), () => span() > 30_000],
      [() => button("7 d").click(), () => find(".has-offer > .bt-fetch")],
      [() => button("6 h").click(), () => span() < 30_000],
    ],
    zoom: [[() => fire(WheelEvent, "wheel", { deltaY: -300, cancelable: true }), zoomed, true], back],
    drag: [[() => drag(200, {}), zoomed, true], back],
    "chosen range": [[() => drag(200, { shiftKey: true }), zoomed, true], back],
    date: [
      [() => typeDate("5/4/2018"), () => find(".bt-go-to .is-error")],
      [() => typeDate(new Date(Date.now() - 12 * 3_600_000).toISOString()), () => zoomed() && !find(".is-error")],
      back,
    ],
    keys: [
      [() => press("ArrowLeft"), () => find(".has-crosshair") && find(".bt-announcement").textContent, true],
      [() => press("+"), zoomed, true],
      [() => press("Escape"), () => !find(".has-crosshair")],
      [() => press("0"), back[1]],
    ],
    crosshair: [
      [() => fire(PointerEvent, "pointermove", { pointerType: "mouse" }), () => find(".has-crosshair")],
      [
        () => find(".bt-chart-stack").dispatchEvent(new PointerEvent("pointerleave", { pointerType: "mouse" })),
        () => !find(".has-crosshair"),
      ],
    ],
    theme: [
      [() => button("Dark").click(), () => find(".bt-page[data-theme=dark]")],
      [() => button("Light").click(), () => find(".bt-page[data-theme=light]")],
      [() => button("System").click(), () => find(".bt-page[data-theme=system]")],
    ],
    zone: [
      [() => find(".bt-clock + .bt-link").click(), () => !isUtc()],
      [() => find(".bt-clock + .bt-link").click(), isUtc],
    ],
    "market list": [
      [() => find(".bt-header > .widget-toggle-button").click(), () => find(".bt-market-list li")],
      [() => find(".bt-header > .widget-toggle-button").click(), () => !find(".bt-market-list li")],
    ],
    "rank by": [
      [() => ((before = ranked()), rank(1)), () => ranked() !== before],
      [() => rank(0), () => ranked() === before],
    ],
    sort: [
      [() => ((before = ranked()), all("[data-sort]").at(-1).click()), () => ranked() !== before],
      [() => find(`[data-sort=${before}]`).click(), () => ranked() === before],
    ],
    downloads: ["CSV", "Parquet", "PNG"].map((format) => [
      () => button(format).click(),
      () => all(".bt-download-message").some((each) => each.textContent.includes(`.${format.toLowerCase()}`)),
    ]),
    replay: [
      [() => button("Replay stored prices").click(), () => find(".bt-replay.is-on") && button("Pause")],
      [() => button("Pause").click(), () => button("Play")],
      [() => button("600×").click(), () => find(".bt-replay .mod-active").textContent === "600×"],
      [() => ((before = replayed()), slide(86_340)), () => replayed() !== before],
      [() => ((before = replayed()), slide(0)), () => replayed() !== before && otherDay()],
      changeDay,
      changeDay,
      [
        () => button("Back to live").click(),
        () => !find(".bt-replay.is-on") && button("Replay stored prices") && lines() && shown(3),
      ],
    ],
  };
  if (!name) return Object.keys(CONTROLS);
  const pause = () => new Promise((done) => setTimeout(done, 5));
  for (let round = 0; round < rounds; round++) {
    for (const [step, [act, isDone, mayRepeat]] of CONTROLS[name].entries()) {
      const start = performance.now();
      let last = start;
      for (act(); !isDone(); await pause()) {
        const now = performance.now();
        if (now - start > PATIENCE) throw new Error(`${name}, round ${round}: step ${step} is not done`);
        if (mayRepeat && now - last > AGAIN && !find(".is-moving")) {
          act();
          last = now;
        }
      }
    }
  }
}
