// The table, updated in place, so that focus, selection and scroll position stay.

import { showHtml } from "./html_update.js";

/** @import {RenderContext} from "./types.d.ts" */

/** @param {RenderContext<{value: string}>} context */
function render({ model, el }) {
  const show = () => showHtml(el, model.get("value"));
  const click = (/** @type {MouseEvent} */ event) => {
    /** @type {HTMLElement | null} */
    const heading = event.target instanceof Element ? event.target.closest("[data-sort]") : null;
    const column = heading?.dataset.sort;
    if (column !== undefined) model.send({ kind: "sort", column });
  };
  show();
  model.on("change:value", show);
  el.addEventListener("click", click);
  return () => {
    model.off("change:value", show);
    el.removeEventListener("click", click);
  };
}

export default { render };
