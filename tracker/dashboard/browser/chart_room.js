// Keeps how much of the page is above the charts, so that the style can give them what is left of the window.

import { setVariable } from "./dom.js";

/**
 * Keep `--bt-room-above` of *root*, in px, true: from the page's top to *stack*; returns the function that stops it.
 *
 * Only what is before the charts is observed, as their own height, which follows, would cause the next observation.
 * @param {HTMLElement} root the panel of charts
 * @param {HTMLElement} stack the charts in it
 */
export function keepRoomAbove(root, stack) {
  const page = root.closest(".bt-page");
  const main = root.closest(".bt-main");
  if (!page || !main) return () => {}; // in an analyst's own layout charts do not fill the window
  const measure = () => {
    if (!stack.getClientRects().length) return; // hidden, as in the first start
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
