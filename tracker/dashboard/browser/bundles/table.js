// Made by `make bundles` from table.js: sha256 9dd8da801f81c321f0614b83390c560c4be4e4bafe8f7990f3edc246bf3486d6
// table.js
function render({ model, el }) {
  const show = () => {
    const template = document.createElement("template");
    template.innerHTML = model.get("value");
    updateChildren(el, template.content);
  };
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
function updateChildren(old, wanted) {
  const present = [...old.childNodes];
  const nodes = [...wanted.childNodes];
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
function updateAttributes(old, wanted) {
  for (const { name, value } of wanted.attributes) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  for (const { name } of [...old.attributes]) if (!wanted.hasAttribute(name)) old.removeAttribute(name);
}
var table_default = { render };
export {
  table_default as default
};
