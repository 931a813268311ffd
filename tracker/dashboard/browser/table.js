// The table, updated in place, so that focus, selection and scroll position stay.

/** @import {RenderContext} from "./types.d.ts" */

/** @param {RenderContext<{value: string}>} context */
function render({ model, el }) {
  const show = () => {
    const template = document.createElement("template");
    template.innerHTML = model.get("value");
    updateChildren(el, template.content);
  };
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

/**
 * Make the children of *old* equal to those of *wanted*, touching only what differs.
 * @param {Node} old
 * @param {Node} wanted
 */
function updateChildren(old, wanted) {
  const present = [...old.childNodes];
  const nodes = [...wanted.childNodes]; // a copy: those that are taken over leave *wanted*
  nodes.forEach((node, index) => {
    const current = present[index];
    if (!current) old.appendChild(node);
    else if (current.nodeName !== node.nodeName) current.replaceWith(node);
    else if (current instanceof Element && node instanceof Element) {
      updateAttributes(current, node);
      updateChildren(current, node);
    } else if (current.nodeValue !== node.nodeValue) current.nodeValue = node.nodeValue;
  });
  for (const rest of present.slice(nodes.length)) rest.remove();
}

/**
 * @param {Element} old
 * @param {Element} wanted
 */
function updateAttributes(old, wanted) {
  for (const { name, value } of wanted.attributes) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  for (const { name } of [...old.attributes]) if (!wanted.hasAttribute(name)) old.removeAttribute(name);
}

export default { render };
