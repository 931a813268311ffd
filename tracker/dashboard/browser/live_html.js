// HTML that is updated in place, and what is pressed and typed in it: an element with `data-do` reports that, with its
// other data and the fields of its form; a form with `data-draft` reports what is typed in it.

import { listen } from "./dom.js";
import { showHtml, showTexts } from "./html_update.js";

/** @import {RenderContext} from "./types.d.ts" */

const TYPING_PAUSE = 250; // ms without a key, after which what was typed is reported

/** @param {RenderContext<{value: string, texts: string[]}>} context */
function render({ model, el }) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let typing;
  const send = (/** @type {string} */ what, /** @type {Record<string, string>} */ fields) => {
    clearTimeout(typing);
    try {
      model.send({ kind: "do", what, fields });
    } catch (error) {
      console.warn("not sent:", error); // the kernel is gone, which the page's own widget shows
    }
  };
  /** @type {string | undefined} */
  let shown;
  const show = () => {
    const [html, texts] = [model.get("value"), model.get("texts")];
    if (html === shown) {
      showTexts(el, texts);
      return;
    }
    shown = html;
    const focused = el.contains(document.activeElement) ? document.activeElement : null;
    /** @type {HTMLElement | null} */
    const row = focused?.closest("li[data-key]") ?? null;
    const wasInSight = focused !== null && isInSight(focused);
    showHtml(el, html, texts);
    for (const wrong of el.querySelectorAll("details:not([open]) [aria-invalid]")) {
      wrong.closest("details")?.setAttribute("open", ""); // what is wrong is never hidden
    }
    const fresh = el.querySelector("[data-show]:not([data-shown])");
    if (fresh instanceof HTMLElement) {
      fresh.dataset.shown = "";
      fresh.scrollIntoView({ block: "nearest" });
    }
    const wanted = el.querySelector("[data-focus]:not([data-focused])");
    if (wanted instanceof HTMLElement) {
      wanted.dataset.focused = "";
      if (wanted.dataset.focus === "form") showWhole(wanted.closest("form"));
      wanted.focus({ preventScroll: false });
    } else if (focused instanceof HTMLElement && document.activeElement !== focused) {
      // Moved within the list, or gone with the form that it was in.
      const home = focused.isConnected
        ? focused
        : (row?.querySelector(":scope > * > button") ?? el.querySelector("[data-home]"));
      if (home instanceof HTMLElement) home.focus({ preventScroll: true });
    }
    // A row that moves to another place takes along who has pressed something in it.
    if (wasInSight && el.contains(document.activeElement)) document.activeElement?.scrollIntoView({ block: "nearest" });
  };
  const pressed = (/** @type {MouseEvent} */ event) => {
    const button = event.target instanceof Element ? event.target.closest("[data-do]") : null;
    if (button instanceof HTMLElement && !(button instanceof HTMLFormElement)) report(button, send);
  };
  const submitted = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const form = /** @type {HTMLFormElement} */ (event.target);
    const fields = fieldsOf(form);
    const { submitter } = event;
    if (submitter instanceof HTMLButtonElement && submitter.name) fields[submitter.name] = submitter.value;
    if (form.dataset.do) send(form.dataset.do, { ...dataOf(form), ...fields });
  };
  const typed = (/** @type {Event} */ event) => {
    const form = event.target instanceof Element ? event.target.closest("form") : null;
    const what = form?.dataset.draft;
    if (!form || !what) return;
    clearTimeout(typing);
    typing = setTimeout(() => send(what, { ...dataOf(form), ...fieldsOf(form) }), TYPING_PAUSE);
  };
  const escaped = (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== "Escape" || !(event.target instanceof Element) || !event.target.closest("form")) return;
    event.stopPropagation(); // it closes nothing else
    send("cancel", {});
  };
  show();
  model.on("change:value", show);
  model.on("change:texts", show);
  const stopListening = listen([
    [el, "click", pressed],
    [el, "submit", submitted],
    [el, "input", typed],
    [el, "keydown", escaped],
  ]);
  el.dataset.lmSuppressShortcuts = "true"; // JupyterLab's keys are for what has no text
  return () => {
    clearTimeout(typing);
    model.off("change:value", show);
    model.off("change:texts", show);
    stopListening();
  };
}

/** @param {Element} element */
function isInSight(element) {
  const { left, top, width, height } = element.getBoundingClientRect();
  return element.contains(document.elementFromPoint(left + width / 2, top + height / 2));
}

/**
 * Scroll to the beginning of *form*, unless all of it is in view.
 * @param {HTMLElement | null} form
 */
function showWhole(form) {
  if (!form) return;
  const { top, bottom } = form.getBoundingClientRect();
  if (top < 0 || bottom > innerHeight) form.scrollIntoView({ block: "start" });
}

/**
 * @param {HTMLElement} button
 * @param {(what: string, fields: Record<string, string>) => void} send
 */
function report(button, send) {
  // What was typed last is sent with it: it waits for the end of a pause.
  const form = /** @type {HTMLFormElement | null} */ (button.closest("form[data-draft]"));
  send(button.dataset.do ?? "", { ...(form ? fieldsOf(form) : {}), ...dataOf(button) });
}

/**
 * Return the data of *element* that are for the kernel.
 * @param {HTMLElement} element
 * @returns {Record<string, string>}
 */
function dataOf(element) {
  const { rule, market } = element.dataset;
  return { ...(rule === undefined ? {} : { rule }), ...(market === undefined ? {} : { market }) };
}

/**
 * @param {HTMLFormElement} form
 * @returns {Record<string, string>}
 */
function fieldsOf(form) {
  return Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, String(value)]));
}

export default { render };
