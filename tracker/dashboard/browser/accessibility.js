// What the widget libraries leave out: pressed buttons and groups for screen readers, and a list that closes.

import { listen } from "./dom.js";

/** @type {Record<string, string>} */
const GROUP_LABELS = { "bt-spans": "Span", "bt-modes": "Drawn as", "bt-theme": "Colours", "bt-replay": "Speed" };

/**
 * Keep *page* accessible while its widgets change; returns the function that stops it.
 * @param {HTMLElement} page
 */
export function addAccessibility(page) {
  const observer = new MutationObserver(() => labelControls(page));
  observer.observe(page, { subtree: true, childList: true, attributes: true, attributeFilter: ["class"] });
  labelControls(page);
  const close = (/** @type {KeyboardEvent | PointerEvent} */ event) => {
    /** @type {HTMLElement | null} */
    const opener = page.querySelector(".bt-header > .bt-link.mod-active");
    if (opener && closes(event, opener)) opener.click();
  };
  const stopListening = listen([
    [document, "keydown", close],
    [document, "pointerdown", close],
  ]);
  return () => {
    observer.disconnect();
    stopListening();
  };
}

/** @param {HTMLElement} page */
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

/**
 * Return whether *event* closes the list that *opener* opened: Escape, or a press outside of both.
 * @param {KeyboardEvent | PointerEvent} event
 * @param {HTMLElement} opener
 */
function closes(event, opener) {
  if (event instanceof KeyboardEvent) return event.key === "Escape";
  const target = event.target instanceof Element ? event.target : null;
  return !target?.closest(".bt-market-list") && !opener.contains(target);
}
