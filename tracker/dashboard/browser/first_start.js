// The first start's buttons are far down on a phone: brings what they start into sight.

import { listen } from "./dom.js";

const STARTS_WITHIN = 30_000; // ms after a press; what appears later is no answer to it
const BUTTON = ".bt-first-start .bt-option > .jupyter-button";

/**
 * Scroll *page* to its charts once they take the place of the first start, after a button there was pressed.
 * Returns the function that stops it.
 * @param {HTMLElement} page
 */
export function showWhatStarts(page) {
  let pressedAt = 0;
  const observer = new MutationObserver(() => {
    if (page.querySelector(".bt-first-start.is-shown")) return;
    observer.disconnect();
    const main = page.querySelector(".bt-main");
    if (main && Date.now() - pressedAt < STARTS_WITHIN && !isInSight(main)) main.scrollIntoView();
  });
  const pressed = (/** @type {MouseEvent} */ event) => {
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

/**
 * Return whether *main* begins so high in the window that its first chart is seen.
 * @param {Element} main
 */
function isInSight(main) {
  const { top } = main.getBoundingClientRect();
  return top >= 0 && top < innerHeight / 4;
}
