// Made by `make bundles` from busy_page.js chart_room.js dom.js snapshot.js: sha256 3cb2192399b0928ea52eca83404e17c706a1d676eebf71431dc274098964912b
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
  function showSnapshot(host2, snapshot) {
    const template = document.createElement("template");
    template.innerHTML = snapshot?.html ?? "";
    const page = template.content.querySelector(".bt-page");
    const asked = new URLSearchParams(location.search);
    if (!snapshot || !page || page.dataset.redrawing?.split(" ").some((key) => asked.has(key))) return false;
    host2.shadow ??= host2.attachShadow({ mode: "closed" });
    followAddress(page);
    host2.shadow.replaceChildren(template.content);
    fitCharts(page);
    clearInterval(host2.ageTimer);
    host2.ageTimer = showAge(page, snapshot.now);
    return true;
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

  // busy_page.js
  var RENEW = 5e3;
  var base = document.currentScript?.dataset.baseUrl ?? "/";
  var host = (
    /** @type {SnapshotHost} */
    document.getElementById("bt-snapshot")
  );
  var note = (
    /** @type {HTMLElement} */
    document.getElementById("bt-busy-note")
  );
  async function renew() {
    if (document.hidden) return;
    const snapshot = await fetchSnapshot(`${base}tracker/snapshot`);
    const missing = snapshot ? "There is no snapshot of what this address asks for." : "There is no snapshot of it yet.";
    showSnapshot(host, snapshot);
    note.textContent = host.shadow ? "" : missing;
    const room = await fetch(`${base}tracker/room`, { cache: "no-store" }).catch(() => null);
    if (room?.status === 204 || room?.redirected) location.reload();
  }
  void renew();
  setInterval(renew, RENEW);
  document.addEventListener("visibilitychange", renew);
})();
