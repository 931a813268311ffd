// A field for a date or a time, and what came of it. The key `g` focuses it from anywhere on the page, Enter sends what
// was typed, Escape leaves it; the focus then returns to where it was.

import { appendChild, listen } from "./dom.js";

/** @import {DateFieldTraits, RenderContext} from "./types.d.ts" */

const LONGEST = 80; // characters; the kernel reads no more
const KEY = "g";
const TYPED_INTO = "input:not([type=checkbox], [type=radio], [type=range]), textarea, select, [contenteditable=true]";

/** @param {RenderContext<DateFieldTraits>} context */
function render({ model, el }) {
  const form = document.createElement("form");
  form.className = "bt-date-form";
  form.noValidate = true;
  form.dataset.lmSuppressShortcuts = "true"; // JupyterLab's keys are for what has no text
  const label = form.appendChild(document.createElement("label"));
  const input = form.appendChild(document.createElement("input"));
  const message = appendChild(form, "bt-date-message");
  Object.assign(input, { type: "text", placeholder: "5 Apr 2018", maxLength: LONGEST, autocomplete: "off" });
  input.id = `bt-date-${Math.random().toString(36).slice(2)}`; // a second output has one of its own
  message.id = `${input.id}-message`;
  label.htmlFor = input.id;
  label.textContent = model.get("label");
  for (const [name, value] of [
    ["aria-label", model.get("description")],
    ["aria-keyshortcuts", KEY],
    ["aria-describedby", message.id],
    ["enterkeyhint", "go"],
    ["spellcheck", "false"],
  ]) {
    input.setAttribute(name, value);
  }
  message.setAttribute("role", "status");

  /** @type {Element | null} what had the focus before the field */
  let before = null;
  let isSent = false; // by this output, and not answered yet

  const say = (/** @type {string} */ text, isError = false) => {
    message.textContent = text;
    message.classList.toggle("is-error", isError);
    input.setAttribute("aria-invalid", String(isError));
  };
  const leave = () => {
    if (document.activeElement !== input) return;
    const target = before && (before.isConnected ? before : builtAnew(before, el));
    if (target instanceof HTMLElement && target.getClientRects().length) target.focus();
    if (document.activeElement === input) input.blur();
  };
  const send = (/** @type {Event} */ event) => {
    event.preventDefault();
    const text = input.value.trim();
    if (!text) return;
    say("");
    isSent = true;
    try {
      model.send({ kind: "go", text });
    } catch (error) {
      console.warn("not sent:", error); // the kernel is gone, which the page's own widget shows
    }
  };
  const answered = (/** @type {{error: string, shown: string}} */ { error, shown }) => {
    if (!isSent) return;
    isSent = false;
    say(error || shown, Boolean(error));
    if (error) return;
    input.value = "";
    leave();
  };
  const escaped = (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation(); // it closes nothing else
    input.value = "";
    say("");
    leave();
  };
  const shortcut = (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== KEY || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const target = event.target instanceof Element ? event.target : document.body;
    if (target.closest(TYPED_INTO) || !input.getClientRects().length) return;
    // In JupyterLab the rest of the window is not the page's.
    if (!("voila" in document.body.dataset) && !el.closest(".bt-page")?.contains(target)) return;
    event.preventDefault();
    input.focus();
    input.select();
  };
  const stopListening = listen([
    [form, "submit", send],
    [input, "input", () => say("")],
    [input, "keydown", escaped],
    [
      input,
      "focus",
      (/** @type {FocusEvent} */ event) => {
        before = /** @type {Element | null} */ (event.relatedTarget);
      },
    ],
    [document, "keydown", shortcut],
  ]);
  model.on("msg:custom", answered);
  el.append(form);
  return () => {
    stopListening();
    model.off("msg:custom", answered);
  };
}

/**
 * Return what stands in for *element*: the widget libraries build the buttons of a group anew when none is pressed.
 * @param {Element} element
 * @param {HTMLElement} el
 */
function builtAnew(element, el) {
  const candidates = el.closest(".bt-page")?.querySelectorAll(element.tagName) ?? [];
  return [...candidates].find((each) => each.textContent === element.textContent);
}

export default { render };
