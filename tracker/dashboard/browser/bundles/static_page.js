// Made by `make bundles` from chart_room.js dom.js snapshot.js static_page.js: sha256 41331cec314f312b1f0fcd2296d12c8e96d815e071ddc66d8d92d7558231bd4c
"use strict";
(() => {
  // dom.js
  var written = /* @__PURE__ */ new WeakMap();
  function setVariable(element, name, value) {
    const known = written.get(element) ?? /* @__PURE__ */ new Map();
    if (known.get(name) === value) return;
    written.set(element, known.set(name, value));
    element.style.setProperty(name, String(value));
  }

  // chart_room.js
  function keepRoomAbove(root, stack) {
    const page = root.closest(".bt-page");
    const main2 = root.closest(".bt-main");
    if (!page || !main2) return () => {
    };
    const measure = () => {
      if (!stack.getClientRects().length) return;
      const above = stack.getBoundingClientRect().top - page.getBoundingClientRect().top;
      setVariable(root, "--bt-room-above", Math.round(above));
    };
    const resized = new ResizeObserver(measure);
    const restart = () => {
      resized.disconnect();
      for (const parent of [page, main2, root]) {
        for (const child of parent.children) {
          if (child.contains(stack)) break;
          resized.observe(child);
        }
      }
    };
    const changed = new MutationObserver(restart);
    for (const parent of [page, main2, root]) changed.observe(parent, { childList: true });
    restart();
    return () => {
      resized.disconnect();
      changed.disconnect();
    };
  }

  // snapshot.js
  var COLOURS = 8;
  var THEMES = ["system", "light", "dark"];
  async function fetchSnapshot(url) {
    try {
      const response = await fetch(url, { cache: "no-cache" });
      if (response.status !== 200) return null;
      const age = 1e3 * (Number(response.headers.get("Age")) || 0);
      const now = Date.parse(response.headers.get("Date") ?? "") + age;
      return { html: await response.text(), now: now || Date.now() };
    } catch {
      return null;
    }
  }
  function fitCharts(page) {
    const charts = page.querySelector(".bt-charts");
    const stack = charts?.querySelector(".bt-chart-stack");
    if (charts && stack) keepRoomAbove(charts, stack);
  }
  function showAge(page, now) {
    const written2 = Number(page.dataset.written);
    const openedAt = performance.now();
    const update = () => {
      const age = ageText(Math.max(0, Math.round((now - written2 + performance.now() - openedAt) / 1e3)));
      for (const element of page.querySelectorAll(".bt-age")) element.textContent = `, ${age} ago`;
    };
    update();
    return setInterval(update, 1e3);
  }
  function ageText(seconds) {
    if (seconds < 100) return `${seconds} s`;
    if (seconds < 6e3) return `${Math.round(seconds / 60)} min`;
    if (seconds < 172800) return `${Math.round(seconds / 3600)} h`;
    return `${Math.round(seconds / 86400)} days`;
  }
  function followAddress(page) {
    const asked = new URLSearchParams(location.search);
    for (const theme of asked.getAll("theme")) if (THEMES.includes(theme)) page.dataset.theme = theme;
    for (const text of asked.getAll("show")) chooseCurrencies(page, text);
  }
  function chooseCurrencies(page, text) {
    const wanted = text.toUpperCase().split(",").filter(Boolean);
    const boxes = page.querySelectorAll(".bt-currency");
    const chosen = new Set(
      [...boxes].map(({ dataset }) => dataset).filter(({ names }) => names?.split(" ").some((name) => wanted.includes(name))).map(({ market }) => market)
    );
    if (wanted.length && !chosen.size) return;
    for (const box of boxes) {
      const input = box.querySelector("input");
      if (input) input.checked = chosen.has(box.dataset.market);
    }
    const parts = page.querySelectorAll(".bt-chart, tr[data-market]");
    for (const part of parts) part.style.display = chosen.has(part.dataset.market) ? "" : "none";
    recolour(page, boxes, chosen);
    page.classList.toggle("is-none-chosen", !chosen.size);
    const charts = page.querySelector(".bt-chart-stack");
    if (charts)
      charts.className = `bt-chart-stack ${chosen.size <= 2 ? "is-tall" : chosen.size <= 4 ? "is-mid" : "is-flat"}`;
  }
  function recolour(page, boxes, chosen) {
    const colours = new Map([...boxes].map(({ dataset }, position) => [dataset.market, position % COLOURS + 1]));
    const taken = /* @__PURE__ */ new Set();
    const doubles = [...colours].filter(([market, colour]) => {
      if (!chosen.has(market)) return false;
      const isDouble = taken.has(colour);
      taken.add(colour);
      return isDouble;
    });
    const free = Array.from({ length: COLOURS }, (_, index) => index + 1).filter((colour) => !taken.has(colour));
    doubles.slice(0, free.length).forEach(([market], index) => {
      colours.set(market, free[index]);
    });
    for (const [market, colour] of colours) {
      if (!market || !chosen.has(market)) continue;
      for (const part of page.querySelectorAll(`[data-market="${CSS.escape(market)}"]`))
        for (const element of [part, ...part.querySelectorAll("[class*=bt-series-]")])
          element.setAttribute(
            "class",
            (element.getAttribute("class") ?? "").replace(/bt-series-\d/, `bt-series-${colour}`)
          );
    }
    if (chosen.size <= COLOURS) page.querySelector(".bt-hint")?.remove();
  }

  // static_page.js
  var period = Number(document.currentScript?.dataset.renew);
  var main = (
    /** @type {HTMLElement} */
    document.querySelector("main")
  );
  var shown = main.innerHTML;
  var ageTimer;
  var fitted;
  function show(now) {
    const page = (
      /** @type {HTMLElement} */
      main.querySelector(".bt-page")
    );
    if (page !== fitted) fitCharts(page);
    fitted = page;
    followAddress(page);
    const links = page.querySelectorAll(".bt-spans a");
    for (const link of links) link.search = location.search;
    clearInterval(ageTimer);
    ageTimer = showAge(page, now);
  }
  var isInUse = () => getSelection()?.isCollapsed === false || main.querySelector("a:active") !== null;
  async function renew() {
    if (document.hidden || isInUse()) return;
    const snapshot = await fetchSnapshot(location.pathname);
    const newer = snapshot && new DOMParser().parseFromString(snapshot.html, "text/html").querySelector("main");
    if (!newer || isInUse()) return;
    if (newer.innerHTML !== shown) {
      shown = newer.innerHTML;
      const focused = document.activeElement?.id;
      main.innerHTML = shown;
      if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
    }
    show(snapshot.now);
  }
  show(Date.now());
  if (location.protocol === "file:") {
    setInterval(() => document.hidden || isInUse() || location.reload(), period);
  } else {
    setInterval(renew, period);
    void renew();
  }
  document.addEventListener("visibilitychange", renew);
})();
