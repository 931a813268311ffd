// The table in the browser: updated in place, so that focus, selection and scroll stay where they are.

function render({ model, el }) {
  const show = () => {
    const wanted = document.createElement("template");
    wanted.innerHTML = model.get("value");
    become(el, wanted.content);
  };
  const click = (event) => {
    const column = event.target.closest?.("[data-sort]")?.dataset.sort;
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

/** Make the children of *old* like those of *wanted*, touching only what differs. */
function become(old, wanted) {
  const now = [...old.childNodes];
  const all = [...wanted.childNodes]; // those that are taken over leave *wanted*
  all.forEach((node, place) => {
    const there = now[place];
    if (!there) old.append(node);
    else if (there.nodeName !== node.nodeName) there.replaceWith(node);
    else if (node.nodeType === Node.TEXT_NODE) {
      if (there.nodeValue !== node.nodeValue) there.nodeValue = node.nodeValue;
    } else {
      for (const { name, value } of node.attributes ?? [])
        if (there.getAttribute(name) !== value) there.setAttribute(name, value);
      for (const { name } of [...(there.attributes ?? [])]) if (!node.hasAttribute(name)) there.removeAttribute(name);
      become(there, node);
    }
  });
  for (const rest of now.slice(all.length)) rest.remove();
}

export default { render };
