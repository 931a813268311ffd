// Made by `make bundles` from html_update.js table.js: sha256 1a137ca45821a073502a035628c4862ac0334e3699b17c334484a28110e42a10
// html_update.js
var KEPT = /* @__PURE__ */ new Set(["open", "selected", "checked", "data-focused", "data-shown"]);
function showHtml(el, html, texts = []) {
  const template = document.createElement("template");
  template.innerHTML = html;
  showTexts(template.content, texts);
  updateChildren(el, template.content);
}
function showTexts(root, texts) {
  for (const [index, element] of root.querySelectorAll("[data-text]").entries()) {
    const text = texts[index] ?? "";
    if (element.textContent === text) continue;
    const [node, ...more] = element.childNodes;
    if (node instanceof Text && !more.length) node.data = text;
    else element.textContent = text;
  }
}
function updateChildren(old, wanted) {
  const keyed = /* @__PURE__ */ new Map();
  for (const node of old.childNodes) keyed.set(keyOf(node), node);
  const nodes = [...wanted.childNodes];
  for (const [index, node] of nodes.entries()) {
    const key = keyOf(node);
    const present = old.childNodes[index];
    const same = key ? keyed.get(key) : present && !keyOf(present) ? present : void 0;
    if (!same) old.insertBefore(node, present ?? null);
    else {
      if (same !== present) old.insertBefore(same, present ?? null);
      update(same, node);
    }
  }
  for (const rest of [...old.childNodes].slice(nodes.length)) rest.remove();
}
function update(current, node) {
  if (current.isEqualNode(node)) return;
  if (current.nodeName !== node.nodeName) current.replaceWith(node);
  else if (current instanceof Element && node instanceof Element) {
    updateAttributes(current, node);
    updateChildren(current, node);
  } else if (current.nodeValue !== node.nodeValue) current.nodeValue = node.nodeValue;
}
function keyOf(node) {
  return node instanceof HTMLElement && node.dataset.key || "";
}
function updateAttributes(old, wanted) {
  for (const { name, value } of wanted.attributes) {
    if (old.getAttribute(name) !== value && !KEPT.has(name)) old.setAttribute(name, value);
  }
  for (const { name } of [...old.attributes]) {
    if (!wanted.hasAttribute(name) && !KEPT.has(name)) old.removeAttribute(name);
  }
  if (!wanted.hasAttribute("data-focus")) old.removeAttribute("data-focused");
}

// table.js
function render({ model, el }) {
  const show = () => showHtml(el, model.get("value"));
  const click = (event) => {
    const heading = event.target instanceof Element ? event.target.closest("[data-sort]") : null;
    const column = heading?.dataset.sort;
    if (column !== void 0) model.send({ kind: "sort", column });
  };
  show();
  model.on("change:value", show);
  el.addEventListener("click", click);
  return () => {
    model.off("change:value", show);
    el.removeEventListener("click", click);
  };
}
var table_default = { render };
export {
  table_default as default
};
