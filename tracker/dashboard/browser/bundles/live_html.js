// Made by `make bundles` from dom.js html_update.js live_html.js: sha256 6dfa5b953e3d276f92c04745ac5617d0483df00f34bbd4f5c437e7e6a9e9fa85
// dom.js
function listen(listeners) {
  for (const [target, name, handler, options] of listeners) target.addEventListener(name, handler, options);
  return () => {
    for (const [target, name, handler, options] of listeners) target.removeEventListener(name, handler, options);
  };
}

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

// live_html.js
var TYPING_PAUSE = 250;
function render({ model, el }) {
  let typing;
  const send = (what, fields) => {
    clearTimeout(typing);
    try {
      model.send({ kind: "do", what, fields });
    } catch (error) {
      console.warn("not sent:", error);
    }
  };
  let shown;
  const show = () => {
    const [html, texts] = [model.get("value"), model.get("texts")];
    if (html === shown) {
      showTexts(el, texts);
      return;
    }
    shown = html;
    const focused = el.contains(document.activeElement) ? document.activeElement : null;
    const row = focused?.closest("li[data-key]") ?? null;
    const wasInSight = focused !== null && isInSight(focused);
    showHtml(el, html, texts);
    for (const wrong of el.querySelectorAll("details:not([open]) [aria-invalid]")) {
      wrong.closest("details")?.setAttribute("open", "");
    }
    const fresh = el.querySelector("[data-show]:not([data-shown])");
    if (fresh instanceof HTMLElement) {
      fresh.dataset.shown = "";
      fresh.scrollIntoView({ block: "nearest" });
    }
    const wanted = el.querySelector("[data-focus]:not([data-focused])");
    if (wanted instanceof HTMLElement) {
      wanted.dataset.focused = "";
      if (wanted.dataset.focus === "form") showWhole(wanted.closest("form"));
      wanted.focus({ preventScroll: false });
    } else if (focused instanceof HTMLElement && document.activeElement !== focused) {
      const home = focused.isConnected ? focused : row?.querySelector(":scope > * > button") ?? el.querySelector("[data-home]");
      if (home instanceof HTMLElement) home.focus({ preventScroll: true });
    }
    if (wasInSight && el.contains(document.activeElement)) document.activeElement?.scrollIntoView({ block: "nearest" });
  };
  const pressed = (event) => {
    const button = event.target instanceof Element ? event.target.closest("[data-do]") : null;
    if (button instanceof HTMLElement && !(button instanceof HTMLFormElement)) report(button, send);
  };
  const submitted = (event) => {
    event.preventDefault();
    const form = (
      /** @type {HTMLFormElement} */
      event.target
    );
    const fields = fieldsOf(form);
    const { submitter } = event;
    if (submitter instanceof HTMLButtonElement && submitter.name) fields[submitter.name] = submitter.value;
    if (form.dataset.do) send(form.dataset.do, { ...dataOf(form), ...fields });
  };
  const typed = (event) => {
    const form = event.target instanceof Element ? event.target.closest("form") : null;
    const what = form?.dataset.draft;
    if (!form || !what) return;
    clearTimeout(typing);
    typing = setTimeout(() => send(what, { ...dataOf(form), ...fieldsOf(form) }), TYPING_PAUSE);
  };
  const escaped = (event) => {
    if (event.key !== "Escape" || !(event.target instanceof Element) || !event.target.closest("form")) return;
    event.stopPropagation();
    send("cancel", {});
  };
  show();
  model.on("change:value", show);
  model.on("change:texts", show);
  const stopListening = listen([
    [el, "click", pressed],
    [el, "submit", submitted],
    [el, "input", typed],
    [el, "keydown", escaped]
  ]);
  el.dataset.lmSuppressShortcuts = "true";
  return () => {
    clearTimeout(typing);
    model.off("change:value", show);
    model.off("change:texts", show);
    stopListening();
  };
}
function isInSight(element) {
  const { left, top, width, height } = element.getBoundingClientRect();
  return element.contains(document.elementFromPoint(left + width / 2, top + height / 2));
}
function showWhole(form) {
  if (!form) return;
  const { top, bottom } = form.getBoundingClientRect();
  if (top < 0 || bottom > innerHeight) form.scrollIntoView({ block: "start" });
}
function report(button, send) {
  const form = (
    /** @type {HTMLFormElement | null} */
    button.closest("form[data-draft]")
  );
  send(button.dataset.do ?? "", { ...form ? fieldsOf(form) : {}, ...dataOf(button) });
}
function dataOf(element) {
  const { rule, market } = element.dataset;
  return { ...rule === void 0 ? {} : { rule }, ...market === void 0 ? {} : { market } };
}
function fieldsOf(form) {
  return Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, String(value)]));
}
var live_html_default = { render };
export {
  live_html_default as default
};
