// Made by `make bundles` from chart_room.js dom.js kernel.js kernel_life.js kernel_websocket.js old_browsers.js opening_page.js reload.js snapshot.js: sha256 80266ca6c60d2b3c7aeffa0f972c8eb2e9dfaf65ed20407f18815c9f06ff3916
"use strict";
(() => {
  // old_browsers.js
  AbortSignal.any ??= (signals) => {
    const aborting = new AbortController();
    const abort = () => aborting.abort();
    for (const signal of signals) {
      if (signal.aborted) abort();
      else signal.addEventListener("abort", abort, { once: true });
    }
    return aborting.signal;
  };
  AbortSignal.timeout ??= (milliseconds) => {
    const aborting = new AbortController();
    setTimeout(() => aborting.abort(), milliseconds);
    return aborting.signal;
  };
  AbortSignal.prototype.throwIfAborted ??= function() {
    if (this.aborted) throw new DOMException("The operation was aborted.", "AbortError");
  };
  window.structuredClone ??= (value) => JSON.parse(JSON.stringify(value));

  // kernel.js
  function pageConfig() {
    let config = {};
    try {
      config = JSON.parse(document.getElementById("jupyter-config-data")?.textContent ?? "{}");
    } catch {
    }
    return { base: config.baseUrl ?? "/", id: config.kernelId };
  }
  function kernelId() {
    return pageConfig().id;
  }
  async function kernelState(timeout) {
    const { base: base2, id } = pageConfig();
    const aborting = new AbortController();
    const timer = setTimeout(() => aborting.abort(), timeout);
    try {
      const response = await fetch(`${base2}api/kernels/${id}`, { cache: "no-store", signal: aborting.signal });
      if (response.status === 404) return "gone";
      if (response.status === 403) return "forbidden";
      return response.status < 500 ? "running" : "unreachable";
    } catch {
      return "unreachable";
    } finally {
      clearTimeout(timer);
    }
  }

  // reload.js
  var KEY = "bt-reloaded-at";
  var PAUSE = 6e4;
  function reload() {
    if (Date.now() - Number(sessionStorage.getItem(KEY) ?? 0) < PAUSE) return;
    sessionStorage.setItem(KEY, String(Date.now()));
    location.reload();
  }

  // kernel_life.js
  var CHECK = 2e3;
  var xsrfCookie = () => document.cookie.match(/.*(?:^|; )_xsrf=([^;]*)/)?.[1];
  function endKernelOnLeave(base2) {
    if (!xsrfCookie()) {
      const bytes = crypto.getRandomValues(new Uint8Array(16));
      const value = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
      document.cookie = `_xsrf=${value};path=${base2};SameSite=Strict${location.protocol === "https:" ? ";Secure" : ""}`;
    }
    addEventListener("pagehide", () => {
      const kernel = kernelId();
      const form = new FormData();
      form.append("_xsrf", decodeURIComponent(xsrfCookie() ?? ""));
      if (kernel) navigator.sendBeacon(`${base2}voila/api/shutdown/${kernel}`, form);
    });
  }
  function reloadWithoutKernel(isBlocked) {
    const timer = setInterval(async () => {
      if (isBlocked()) return;
      if (document.querySelector(".bt-page[data-theme]:not(#bt-snapshot *)")) return clearInterval(timer);
      if (kernelId() && ["gone", "forbidden"].includes(await kernelState(CHECK))) reload();
    }, CHECK);
    addEventListener("pageshow", (event) => event.persisted && location.reload());
  }

  // kernel_websocket.js
  var LOGGED_OUT = 4401;
  var CHECK2 = 1e3;
  var FAILED_FOR = 5e3;
  var PENDING_FOR = 9e3;
  var NOTE_STYLE = "margin: 0; padding: 10px 24px; background: var(--bt-note-bg); color: var(--bt-note-ink); font: 400 14px/1.5 sans-serif; overflow-wrap: anywhere";
  var NOTE_HTML = `<b style="color: var(--bt-note-warn)">No live prices: a websocket does not come through to this page.</b>
A proxy between this browser and the server does not pass it on. Whoever runs the proxy has to set, for nginx,
<code>proxy_http_version 1.1;</code> <code>proxy_set_header Host $http_host;</code>
<code>proxy_set_header Upgrade $http_upgrade;</code> <code>proxy_set_header Connection "upgrade";</code>
Then reload this page. If others see live prices, a proxy of your own network is the cause; HTTPS usually gets through.`;
  var page = { triedAt: 0, isOpen: false, hasFailed: false, hasMessage: false };
  function connectByProtocol() {
    window.WebSocket = class extends WebSocket {
      /**
       * @param {string | URL} url
       * @param {string | string[]} protocols
       */
      constructor(url, protocols = []) {
        const isKernel = new URL(url, location.href).pathname.endsWith("/channels");
        super(url, isKernel && !protocols.length ? ["v1.kernel.websocket.jupyter.org"] : protocols);
        this.addEventListener("close", ({ code }) => code === LOGGED_OUT && reload());
        if (isKernel) follow(this);
      }
    };
  }
  function follow(websocket) {
    page.triedAt ||= performance.now();
    websocket.addEventListener("open", () => {
      page.isOpen = true;
    });
    websocket.addEventListener(
      "message",
      () => {
        page.hasMessage = true;
      },
      { once: true }
    );
    websocket.addEventListener("close", () => {
      page.isOpen = false;
      page.hasFailed = true;
    });
  }
  function isOverdue() {
    if (!page.triedAt) return false;
    return performance.now() - page.triedAt >= (page.hasFailed && !page.isOpen ? FAILED_FOR : PENDING_FOR);
  }
  function watchWebsocket() {
    const note = document.createElement("div");
    const timer = setInterval(async () => {
      if (page.hasMessage) {
        clearInterval(timer);
        note.remove();
        delete document.documentElement.dataset.isBlocked;
        return;
      }
      if (note.isConnected || !isOverdue()) return;
      if (await kernelState(CHECK2) !== "running" || page.hasMessage || note.isConnected) return;
      document.documentElement.dataset.isBlocked = "yes";
      note.setAttribute("role", "alert");
      note.style.cssText = NOTE_STYLE;
      note.innerHTML = NOTE_HTML;
      document.body.prepend(note);
    }, CHECK2);
    return () => note.isConnected;
  }

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
    const page2 = root.closest(".bt-page");
    const main = root.closest(".bt-main");
    if (!page2 || !main) return () => {
    };
    const measure = () => {
      if (!stack.getClientRects().length) return;
      const above = stack.getBoundingClientRect().top - page2.getBoundingClientRect().top;
      setVariable(root, "--bt-room-above", Math.round(above));
    };
    const resized = new ResizeObserver(measure);
    const restart = () => {
      resized.disconnect();
      for (const parent of [page2, main, root]) {
        for (const child of parent.children) {
          if (child.contains(stack)) break;
          resized.observe(child);
        }
      }
    };
    const changed = new MutationObserver(restart);
    for (const parent of [page2, main, root]) changed.observe(parent, { childList: true });
    restart();
    return () => {
      resized.disconnect();
      changed.disconnect();
    };
  }

  // snapshot.js
  var COLOURS = 8;
  var THEMES = ["system", "light", "dark"];
  var LATE_STYLE = "margin: 0; padding: 8px 24px; background: #A8281B; color: #FFF; font: 550 13px/1.45 sans-serif";
  var LATE_TEXT = "The live page is not ready yet: it is still loading, or one of its scripts was blocked. This is a snapshot of it.";
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
  function showSnapshot(host, snapshot) {
    const template = document.createElement("template");
    template.innerHTML = snapshot?.html ?? "";
    const page2 = template.content.querySelector(".bt-page");
    const asked = new URLSearchParams(location.search);
    if (!snapshot || !page2 || page2.dataset.redrawing?.split(" ").some((key) => asked.has(key))) return false;
    host.shadow ??= host.attachShadow({ mode: "closed" });
    followAddress(page2);
    host.shadow.replaceChildren(template.content);
    fitCharts(page2);
    clearInterval(host.ageTimer);
    host.ageTimer = showAge(page2, snapshot.now);
    return true;
  }
  function fitCharts(page2) {
    const charts = page2.querySelector(".bt-charts");
    const stack = charts?.querySelector(".bt-chart-stack");
    if (charts && stack) keepRoomAbove(charts, stack);
  }
  function showAge(page2, now) {
    const written2 = Number(page2.dataset.written);
    const openedAt = performance.now();
    const update = () => {
      const age = ageText(Math.max(0, Math.round((now - written2 + performance.now() - openedAt) / 1e3)));
      for (const element of page2.querySelectorAll(".bt-age")) element.textContent = `, ${age} ago`;
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
  function showLate(host) {
    host.lateNote ??= makeLateNote();
    if (!host.lateNote.isConnected) host.shadow?.prepend(host.lateNote);
  }
  function makeLateNote() {
    const note = document.createElement("p");
    note.setAttribute("role", "status");
    note.style.cssText = LATE_STYLE;
    note.textContent = LATE_TEXT;
    return note;
  }
  function followAddress(page2) {
    const asked = new URLSearchParams(location.search);
    for (const theme of asked.getAll("theme")) if (THEMES.includes(theme)) page2.dataset.theme = theme;
    for (const text of asked.getAll("show")) chooseCurrencies(page2, text);
  }
  function chooseCurrencies(page2, text) {
    const wanted = text.toUpperCase().split(",").filter(Boolean);
    const boxes = page2.querySelectorAll(".bt-currency");
    const chosen = new Set(
      [...boxes].map(({ dataset }) => dataset).filter(({ names }) => names?.split(" ").some((name) => wanted.includes(name))).map(({ market }) => market)
    );
    if (wanted.length && !chosen.size) return;
    for (const box of boxes) {
      const input = box.querySelector("input");
      if (input) input.checked = chosen.has(box.dataset.market);
    }
    const parts = page2.querySelectorAll(".bt-chart, tr[data-market]");
    for (const part of parts) part.style.display = chosen.has(part.dataset.market) ? "" : "none";
    recolour(page2, boxes, chosen);
    page2.classList.toggle("is-none-chosen", !chosen.size);
    const charts = page2.querySelector(".bt-chart-stack");
    if (charts)
      charts.className = `bt-chart-stack ${chosen.size <= 2 ? "is-tall" : chosen.size <= 4 ? "is-mid" : "is-flat"}`;
  }
  function recolour(page2, boxes, chosen) {
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
      for (const part of page2.querySelectorAll(`[data-market="${CSS.escape(market)}"]`))
        for (const element of [part, ...part.querySelectorAll("[class*=bt-series-]")])
          element.setAttribute(
            "class",
            (element.getAttribute("class") ?? "").replace(/bt-series-\d/, `bt-series-${colour}`)
          );
    }
    if (chosen.size <= COLOURS) page2.querySelector(".bt-hint")?.remove();
  }

  // opening_page.js
  var RENEW = 1e4;
  var LATE = 3e4;
  var RELOAD = 12e4;
  var base = document.currentScript?.dataset.baseUrl ?? "/";
  var snapshotUrl = `${base}tracker/snapshot`;
  var live = (selector) => document.querySelector(`#rendered_cells ${selector}`);
  var isDrawn = () => Boolean(
    live(".bt-charts[style*='--a']") && live("path.line[d]") || live(".bt-page[data-theme]:not(.is-whole)") || live(":is(.bt-first-start.is-shown, .jp-RenderedText)")
  );
  var body = () => new Promise((resolve) => {
    const observer = new MutationObserver(() => {
      if (!document.body) return;
      observer.disconnect();
      resolve(document.body);
    });
    observer.observe(document.documentElement, { childList: true });
  });
  async function coverUntilDrawn(isBlocked) {
    const fetched = fetchSnapshot(snapshotUrl);
    const host = document.createElement("div");
    host.id = "bt-snapshot";
    (await body()).prepend(host);
    const snapshot = await fetched;
    if (isDrawn() || !showSnapshot(host, snapshot)) {
      host.remove();
      return;
    }
    host.className = "is-there";
    renewWhileWaiting(host, isBlocked);
    const observer = new MutationObserver(() => {
      if (!isDrawn()) return;
      observer.disconnect();
      if (document.hidden)
        host.remove();
      else requestAnimationFrame(() => host.remove());
    });
    observer.observe(document.body, { subtree: true, childList: true, attributes: true });
  }
  function renewWhileWaiting(host, isBlocked) {
    let beganAt = performance.now();
    const timer = setInterval(async () => {
      if (!host.isConnected) return clearInterval(timer);
      if (document.hidden) {
        beganAt = performance.now();
        return;
      }
      const waited = performance.now() - beganAt;
      if (waited > RELOAD && !isBlocked()) return location.reload();
      const snapshot = await fetchSnapshot(snapshotUrl);
      if (snapshot && host.isConnected) showSnapshot(host, snapshot);
      if (waited > LATE && !isBlocked()) showLate(host);
    }, RENEW);
  }
  if (!document.documentElement.dataset.isOpening) {
    document.documentElement.dataset.isOpening = "yes";
    connectByProtocol();
    const isBlocked = watchWebsocket();
    void coverUntilDrawn(isBlocked);
    endKernelOnLeave(base);
    reloadWithoutKernel(isBlocked);
  }
  document.title = "BTC price tracker";
})();
