// Made by `make bundles` from accessibility.js batched_updates.js dom.js first_start.js kernel.js page.js page_address.js reload.js: sha256 262663174a98f02e1fc743b328a4dd9fc11e779006e1edcf2a35a0c678f9843c
// dom.js
function listen(listeners) {
  for (const [target, name, handler, options] of listeners) target.addEventListener(name, handler, options);
  return () => {
    for (const [target, name, handler, options] of listeners) target.removeEventListener(name, handler, options);
  };
}

// accessibility.js
var GROUP_LABELS = { "bt-spans": "Span", "bt-modes": "Drawn as", "bt-theme": "Colours", "bt-replay": "Speed" };
function addAccessibility(page) {
  const observer = new MutationObserver(() => labelControls(page));
  observer.observe(page, { subtree: true, childList: true, attributes: true, attributeFilter: ["class"] });
  labelControls(page);
  const close = (event) => {
    const opener = page.querySelector(".bt-header > .bt-link.mod-active");
    if (opener && closes(event, opener)) opener.click();
  };
  const stopListening = listen([
    [document, "keydown", close],
    [document, "pointerdown", close]
  ]);
  return () => {
    observer.disconnect();
    stopListening();
  };
}
function labelControls(page) {
  for (const button of page.querySelectorAll(".bt-segmented .jupyter-button, .bt-link.widget-toggle-button")) {
    const pressed = String(button.classList.contains("mod-active"));
    if (button.getAttribute("aria-pressed") !== pressed) button.setAttribute("aria-pressed", pressed);
  }
  for (const group of page.querySelectorAll(".bt-segmented:not([role])")) {
    const [, label] = Object.entries(GROUP_LABELS).find(([style]) => group.closest(`.${style}`)) ?? [];
    group.setAttribute("role", "group");
    if (label) group.setAttribute("aria-label", label);
  }
}
function closes(event, opener) {
  if (event instanceof KeyboardEvent) return event.key === "Escape";
  const target = event.target instanceof Element ? event.target : null;
  return !target?.closest(".bt-market-list") && !opener.contains(target);
}

// batched_updates.js
function updatesReceiver(manager) {
  let earlier = Promise.resolve();
  return (updates, buffers) => {
    earlier = earlier.then(() => applyAll(manager, updates, buffers));
  };
}
async function applyAll(manager, updates, buffers) {
  let used = 0;
  for (const [id, data, count] of updates) {
    const own = buffers.slice(used, used + count);
    used += count;
    if (!manager.has_model(id)) continue;
    try {
      const model = (
        /** @type {WidgetModel} */
        await manager.get_model(id)
      );
      await model._handle_comm_msg({ content: { data }, buffers: own });
    } catch (error) {
      console.error("An update of a widget could not be applied.", error);
    }
  }
}

// first_start.js
var STARTS_WITHIN = 3e4;
var BUTTON = ".bt-first-start .bt-option > .jupyter-button";
function showWhatStarts(page) {
  let pressedAt = 0;
  const observer = new MutationObserver(() => {
    if (page.querySelector(".bt-first-start.is-shown")) return;
    observer.disconnect();
    const main = page.querySelector(".bt-main");
    if (main && Date.now() - pressedAt < STARTS_WITHIN && !isInSight(main)) main.scrollIntoView();
  });
  const pressed = (event) => {
    const button = event.target instanceof Element ? event.target.closest(BUTTON) : null;
    const first = button?.closest(".bt-first-start");
    if (!first) return;
    pressedAt = Date.now();
    observer.observe(first, { attributeFilter: ["class"] });
  };
  const stopListening = listen([[page, "click", pressed]]);
  return () => {
    observer.disconnect();
    stopListening();
  };
}
function isInSight(main) {
  const { top } = main.getBoundingClientRect();
  return top >= 0 && top < innerHeight / 4;
}

// kernel.js
function pageConfig() {
  let config = {};
  try {
    config = JSON.parse(document.getElementById("jupyter-config-data")?.textContent ?? "{}");
  } catch {
  }
  return { base: config.baseUrl ?? "/", id: config.kernelId };
}
async function kernelState(timeout) {
  const { base, id } = pageConfig();
  const aborting = new AbortController();
  const timer = setTimeout(() => aborting.abort(), timeout);
  try {
    const response = await fetch(`${base}api/kernels/${id}`, { cache: "no-store", signal: aborting.signal });
    if (response.status === 404) return "gone";
    if (response.status === 403) return "forbidden";
    return response.status < 500 ? "running" : "unreachable";
  } catch {
    return "unreachable";
  } finally {
    clearTimeout(timer);
  }
}

// page_address.js
function writeQuery(query, keys) {
  const replaced = /* @__PURE__ */ new Set([...keys, "token"]);
  const others = location.search.slice(1).split("&").filter((part) => part && !replaced.has(part.split("=")[0]));
  const search = [...others, ...query ? [query] : []].join("&");
  const wanted = location.pathname + (search ? `?${search}` : "") + location.hash;
  if (wanted !== location.pathname + location.search + location.hash) history.replaceState(history.state, "", wanted);
}

// reload.js
var KEY = "bt-reloaded-at";
var PAUSE = 6e4;
function reload() {
  if (Date.now() - Number(sessionStorage.getItem(KEY) ?? 0) < PAUSE) return;
  sessionStorage.setItem(KEY, String(Date.now()));
  location.reload();
}

// page.js
var SILENCE_LIMIT = 8e3;
var RELOAD_AFTER = 3e4;
var RETRY = 4e3;
var READING_TIME = 2e3;
var ADDRESS_DELAY = 250;
var CUT_OFF = {
  jupyter: "The kernel is silent: busy, restarted or gone. Run the notebook again if it stays so.",
  unreachable: "The server does not answer; it is asked again every few seconds.",
  gone: "This page's kernel is gone. The page reloads.",
  forbidden: "You are logged out. The page reloads, and asks for the login.",
  running: "The connection was lost. The page reconnects, or reloads."
};
var BROWSER = String(Math.random());
var isStandalone = () => "voila" in document.body.dataset;
function initialize({ model }) {
  const receive = updatesReceiver(model.widget_manager);
  model.on("msg:custom", ({ kind, updates }, buffers) => {
    if (kind === "updates") receive(updates, buffers);
  });
}
function render({ model, el }) {
  const connection = new PageConnection(model, el);
  return () => connection.detach();
}
var PageConnection = class {
  /**
   * @param {Model<PageTraits>} model
   * @param {HTMLElement} el
   */
  constructor(model, el) {
    this.model = model;
    this.el = el;
    this.heardAt = Date.now();
    this.checkedAt = Date.now();
    this.greetedAt = 0;
    this.isKernelGone = false;
    this.openingQuery = isStandalone() ? location.search : "";
    this.banner = null;
    this.addressTimer = void 0;
    this.removeAccessibility = () => {
    };
    this.stopShowing = () => {
    };
    model.on("msg:custom", this.acknowledged);
    model.on("change", this.heard);
    model.on("change:theme change:heading change:query", this.showChoices);
    document.addEventListener("visibilitychange", this.visibilityChanged);
    this.watchTimer = setInterval(this.watch, 1e3);
    this.startTimer = setInterval(() => this.start(), 20);
  }
  /** @returns {HTMLElement | null} */
  get page() {
    return this.el.closest(".bt-page");
  }
  start() {
    const { page } = this;
    if (!page?.isConnected) return;
    clearInterval(this.startTimer);
    this.showChoices();
    this.greet();
    this.removeAccessibility = addAccessibility(page);
    this.stopShowing = showWhatStarts(page);
  }
  detach() {
    this.model.off("msg:custom", this.acknowledged);
    this.model.off("change", this.heard);
    this.model.off("change:theme change:heading change:query", this.showChoices);
    document.removeEventListener("visibilitychange", this.visibilityChanged);
    this.removeAccessibility();
    this.stopShowing();
    clearTimeout(this.addressTimer);
    clearInterval(this.watchTimer);
    clearInterval(this.startTimer);
  }
  /** @param {object} content */
  send(content) {
    try {
      this.model.send(content);
      this.isKernelGone = false;
    } catch {
      this.isKernelGone = true;
    }
  }
  greet() {
    this.greetedAt = Date.now();
    this.send({
      kind: "hello",
      browser: BROWSER,
      query: this.openingQuery,
      zone: Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC",
      visible: !document.hidden
    });
  }
  heard = () => {
    this.heardAt = Date.now();
    if (this.banner && isStandalone()) document.title = this.model.get("heading");
    this.hideBanner();
  };
  acknowledged = ({ kind }) => {
    this.heard();
    if (kind !== "heard") return;
    this.openingQuery = null;
    this.showChoices();
  };
  showChoices = () => {
    const { model, page } = this;
    const theme = model.get("theme");
    if (page) page.dataset.theme = theme;
    if (!isStandalone()) return;
    document.documentElement.style.colorScheme = theme === "system" ? "light dark" : theme;
    document.title = model.get("heading") || document.title;
    clearTimeout(this.addressTimer);
    this.addressTimer = setTimeout(() => {
      if (this.openingQuery === null) writeQuery(model.get("query"), model.get("address_keys"));
    }, ADDRESS_DELAY);
  };
  visibilityChanged = () => {
    if (document.hidden) {
      this.send({ kind: "hidden" });
      return;
    }
    this.heardAt = this.checkedAt = Date.now();
    this.greet();
  };
  watch = () => {
    const now = Date.now();
    if (now - this.checkedAt > SILENCE_LIMIT) this.heardAt = now;
    this.checkedAt = now;
    if (document.hidden || now - this.heardAt < SILENCE_LIMIT || now - this.greetedAt <= RETRY) return;
    this.greet();
    void this.reportCutOff(now - this.heardAt);
  };
  /** @param {number} silence milliseconds */
  async reportCutOff(silence) {
    const since = new Date(this.heardAt).toLocaleTimeString("en-GB", {
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
      hourCycle: "h23",
      timeZone: this.model.get("zone")
    });
    const reported = isStandalone() ? await kernelState(RETRY) : "jupyter";
    const state = reported === "running" && this.isKernelGone ? "gone" : reported;
    if (Date.now() - this.heardAt < SILENCE_LIMIT) return;
    this.showBanner(`Cut off since ${since}: what is shown is that old. ${CUT_OFF[state]}`);
    const isOver = state === "gone" || state === "forbidden";
    if (isOver || state === "running" && silence > RELOAD_AFTER) setTimeout(reload, READING_TIME);
  }
  /** @param {string} text */
  showBanner(text) {
    const { page } = this;
    page?.classList.add("is-disconnected");
    if (isStandalone()) document.title = "Cut off · BTC price tracker";
    if (!this.banner && page) {
      this.banner = document.createElement("div");
      this.banner.className = "bt-disconnected";
      this.banner.setAttribute("role", "alert");
      page.prepend(this.banner);
    }
    if (this.banner) this.banner.textContent = text;
  }
  hideBanner() {
    this.page?.classList.remove("is-disconnected");
    this.banner?.remove();
    this.banner = null;
  }
};
var page_default = { initialize, render };
export {
  page_default as default
};
