// Updates HTML in place, so that focus, selection, scroll position, what was typed and what was opened stay.

const KEPT = new Set(["open", "selected", "checked", "data-focused", "data-shown"]); // what has changed since

/**
 * Show *html* in *el*, touching only what differs.
 * @param {Element} el
 * @param {string} html
 * @param {string[]} texts of its elements with `data-text`, in their order
 */
export function showHtml(el, html, texts = []) {
  const template = document.createElement("template");
  template.innerHTML = html;
  showTexts(template.content, texts);
  updateChildren(el, template.content);
}

/**
 * Show *texts* in the elements with `data-text` inside *root*.
 * @param {Element | DocumentFragment} root
 * @param {string[]} texts in the order of these elements
 */
export function showTexts(root, texts) {
  for (const [index, element] of root.querySelectorAll("[data-text]").entries()) {
    const text = texts[index] ?? "";
    if (element.textContent === text) continue;
    const [node, ...more] = element.childNodes;
    if (node instanceof Text && !more.length) node.data = text;
    else element.textContent = text; // it is empty, or a translation of the page has put elements into it
  }
}

/**
 * Make the children of *old* equal to those of *wanted*. Elements with the same `data-key` are the same.
 * @param {Node} old
 * @param {Node} wanted
 */
function updateChildren(old, wanted) {
  /** @type {Map<string, ChildNode>} */
  const keyed = new Map();
  for (const node of old.childNodes) keyed.set(keyOf(node), node);
  const nodes = [...wanted.childNodes]; // a copy: those that are taken over leave *wanted*
  for (const [index, node] of nodes.entries()) {
    const key = keyOf(node);
    const present = old.childNodes[index];
    const same = key ? keyed.get(key) : present && !keyOf(present) ? present : undefined;
    if (!same) old.insertBefore(node, present ?? null);
    else {
      if (same !== present) old.insertBefore(same, present ?? null);
      update(same, node);
    }
  }
  for (const rest of [...old.childNodes].slice(nodes.length)) rest.remove();
}

/**
 * @param {ChildNode | Node} current
 * @param {ChildNode | Node} node
 */
function update(current, node) {
  if (current.isEqualNode(node)) return; // in a fraction of the time of a walk
  if (current.nodeName !== node.nodeName) /** @type {ChildNode} */ (current).replaceWith(node);
  else if (current instanceof Element && node instanceof Element) {
    updateAttributes(current, node);
    updateChildren(current, node);
  } else if (current.nodeValue !== node.nodeValue) current.nodeValue = node.nodeValue;
}

/** @param {Node} node */
function keyOf(node) {
  return (node instanceof HTMLElement && node.dataset.key) || "";
}

/**
 * @param {Element} old
 * @param {Element} wanted
 */
function updateAttributes(old, wanted) {
  for (const { name, value } of wanted.attributes) {
    if (old.getAttribute(name) !== value && !KEPT.has(name)) old.setAttribute(name, value);
  }
  for (const { name } of [...old.attributes]) {
    if (!wanted.hasAttribute(name) && !KEPT.has(name)) old.removeAttribute(name);
  }
  if (!wanted.hasAttribute("data-focus")) old.removeAttribute("data-focused"); // it may be wanted another time
}
