// The page's connection to its kernel: reports that the browser is there and whether the page is visible, keeps the
// choices in the address, and marks a page that is cut off.

import { addAccessibility } from "./accessibility.js";
import { updatesReceiver } from "./batched_updates.js";
import { showWhatStarts } from "./first_start.js";
import { kernelState } from "./kernel.js";
import { writeQuery } from "./page_address.js";
import { reload } from "./reload.js";

/** @import {Model, PageTraits, RenderContext, Updates} from "./types.d.ts" */

const SILENCE_LIMIT = 8_000; // ms without a message from the kernel, after which the page reports that it is cut off
const RELOAD_AFTER = 30_000; // ms after which a page whose server answers is loaded again
const RETRY = 4_000; // ms between two greetings, and for the server to answer
const READING_TIME = 2_000; // ms for the viewer to read why the page reloads
const ADDRESS_DELAY = 250; // ms of rest before the address changes: browsers limit how often it may

const CUT_OFF = {
  jupyter: "The kernel is silent: busy, restarted or gone. Run the notebook again if it stays so.",
  unreachable: "The server does not answer; it is asked again every few seconds.",
  gone: "This page's kernel is gone. The page reloads.",
  forbidden: "You are logged out. The page reloads, and asks for the login.",
  running: "The connection was lost. The page reconnects, or reloads.",
};

const BROWSER = String(Math.random()); // tells the browsers apart that show the page of one kernel

/** Return whether this is Voila's page; in JupyterLab the address, the title and the kernel belong to others. */
const isStandalone = () => "voila" in document.body.dataset;

/** @param {{model: Model<PageTraits>}} context */
function initialize({ model }) {
  const receive = updatesReceiver(model.widget_manager);
  model.on("msg:custom", (/** @type {Updates} */ { kind, updates }, /** @type {DataView[]} */ buffers) => {
    if (kind === "updates") receive(updates, buffers);
  });
}

/** @param {RenderContext<PageTraits>} context */
function render({ model, el }) {
  const connection = new PageConnection(model, el);
  return () => connection.detach();
}

class PageConnection {
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
    /** @type {string | null} the address's query until the kernel has it */
    this.openingQuery = isStandalone() ? location.search : "";
    /** @type {HTMLElement | null} */
    this.banner = null;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.addressTimer = undefined;
    this.removeAccessibility = () => {};
    this.stopShowing = () => {};
    model.on("msg:custom", this.acknowledged);
    model.on("change", this.heard);
    model.on("change:theme change:heading change:query", this.showChoices);
    document.addEventListener("visibilitychange", this.visibilityChanged);
    this.watchTimer = setInterval(this.watch, 1_000);
    // Rendered before it stands in the page; nothing may be sent before all of the page is there.
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
      this.isKernelGone = true; // for good: its widgets do not come back, even if the server restarts it
    }
  }

  greet() {
    this.greetedAt = Date.now();
    this.send({
      kind: "hello",
      browser: BROWSER,
      query: this.openingQuery,
      zone: Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC",
      visible: !document.hidden,
    });
  }

  heard = () => {
    this.heardAt = Date.now();
    if (this.banner && isStandalone()) document.title = this.model.get("heading");
    this.hideBanner();
  };

  acknowledged = (/** @type {{kind: string}} */ { kind }) => {
    this.heard();
    if (kind !== "heard") return;
    this.openingQuery = null; // from now on the address follows the choices
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
    this.heardAt = this.checkedAt = Date.now(); // nothing was sent to a hidden page, so its silence counts from now
    this.greet();
  };

  watch = () => {
    const now = Date.now();
    // Timers stop while the machine sleeps, and so do the kernel's messages.
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
      timeZone: this.model.get("zone"),
    });
    const reported = isStandalone() ? await kernelState(RETRY) : "jupyter";
    const state = reported === "running" && this.isKernelGone ? "gone" : reported;
    if (Date.now() - this.heardAt < SILENCE_LIMIT) return; // heard while the server was asked
    this.showBanner(`Cut off since ${since}: what is shown is that old. ${CUT_OFF[state]}`);
    const isOver = state === "gone" || state === "forbidden";
    if (isOver || (state === "running" && silence > RELOAD_AFTER)) setTimeout(reload, READING_TIME);
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
}

export default { initialize, render };
