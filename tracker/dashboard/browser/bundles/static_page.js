// Made by `make bundles` from snapshot.js static_page.js: sha256 352c6199a7fe217bccdb28e6fff4d274d36ec616667628417facd8011116e69b
"use strict";
(() => {
  // snapshot.js
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
  function showAge(page, now) {
    const written = Number(page.dataset.written);
    const openedAt = performance.now();
    const update = () => {
      const age = ageText(Math.max(0, Math.round((now - written + performance.now() - openedAt) / 1e3)));
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
    page.classList.toggle("is-none-chosen", !chosen.size);
    const charts = page.querySelector(".bt-chart-stack");
    if (charts)
      charts.className = `bt-chart-stack ${chosen.size <= 2 ? "is-tall" : chosen.size <= 4 ? "is-mid" : "is-flat"}`;
  }

  // static_page.js
  var period = Number(document.currentScript?.dataset.renew);
  var main = (
    /** @type {HTMLElement} */
    document.querySelector("main")
  );
  var shown = main.innerHTML;
  var ageTimer;
  function show(now) {
    const page = (
      /** @type {HTMLElement} */
      main.querySelector(".bt-page")
    );
    followAddress(page);
    clearInterval(ageTimer);
    ageTimer = showAge(page, now);
  }
  var isSelected = () => getSelection()?.isCollapsed === false;
  async function renew() {
    if (document.hidden || isSelected()) return;
    const snapshot = await fetchSnapshot(location.pathname);
    const newer = snapshot && new DOMParser().parseFromString(snapshot.html, "text/html").querySelector("main");
    if (!newer || isSelected()) return;
    if (newer.innerHTML !== shown) {
      shown = newer.innerHTML;
      main.innerHTML = shown;
    }
    show(snapshot.now);
  }
  show(Date.now());
  if (location.protocol === "file:") {
    setInterval(() => document.hidden || isSelected() || location.reload(), period);
  } else {
    setInterval(renew, period);
    void renew();
  }
  document.addEventListener("visibilitychange", renew);
})();
