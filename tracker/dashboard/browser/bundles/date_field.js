// Made by `make bundles` from date_field.js dom.js: sha256 6b92234fb1c5ce72acd7779011dd07b7f24169728c23564de18d6c0f42c5899f
// dom.js
function appendChild(parent, name) {
  const element = document.createElement("div");
  element.className = name;
  return parent.appendChild(element);
}
function listen(listeners) {
  for (const [target, name, handler, options] of listeners) target.addEventListener(name, handler, options);
  return () => {
    for (const [target, name, handler, options] of listeners) target.removeEventListener(name, handler, options);
  };
}

// date_field.js
var LONGEST = 80;
var KEY = "g";
var TYPED_INTO = "input:not([type=checkbox], [type=radio], [type=range]), textarea, select, [contenteditable=true]";
function render({ model, el }) {
  const form = document.createElement("form");
  form.className = "bt-date-form";
  form.noValidate = true;
  form.dataset.lmSuppressShortcuts = "true";
  const label = form.appendChild(document.createElement("label"));
  const input = form.appendChild(document.createElement("input"));
  const message = appendChild(form, "bt-date-message");
  Object.assign(input, { type: "text", placeholder: "5 Apr 2018", maxLength: LONGEST, autocomplete: "off" });
  input.id = `bt-date-${Math.random().toString(36).slice(2)}`;
  message.id = `${input.id}-message`;
  label.htmlFor = input.id;
  label.textContent = model.get("label");
  for (const [name, value] of [
    ["aria-label", model.get("description")],
    ["aria-keyshortcuts", KEY],
    ["aria-describedby", message.id],
    ["enterkeyhint", "go"],
    ["spellcheck", "false"]
  ]) {
    input.setAttribute(name, value);
  }
  message.setAttribute("role", "status");
  let before = null;
  let isSent = false;
  const say = (text, isError = false) => {
    message.textContent = text;
    message.classList.toggle("is-error", isError);
    input.setAttribute("aria-invalid", String(isError));
  };
  const leave = () => {
    if (document.activeElement !== input) return;
    const target = before && (before.isConnected ? before : builtAnew(before, el));
    if (target instanceof HTMLElement && target.getClientRects().length) target.focus();
    if (document.activeElement === input) input.blur();
  };
  const send = (event) => {
    event.preventDefault();
    const text = input.value.trim();
    if (!text) return;
    say("");
    isSent = true;
    try {
      model.send({ kind: "go", text });
    } catch (error) {
      console.warn("not sent:", error);
    }
  };
  const answered = ({ error, shown }) => {
    if (!isSent) return;
    isSent = false;
    say(error || shown, Boolean(error));
    if (error) return;
    input.value = "";
    leave();
  };
  const escaped = (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    input.value = "";
    say("");
    leave();
  };
  const shortcut = (event) => {
    if (event.key !== KEY || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const target = event.target instanceof Element ? event.target : document.body;
    if (target.closest(TYPED_INTO) || !input.getClientRects().length) return;
    if (!("voila" in document.body.dataset) && !el.closest(".bt-page")?.contains(target)) return;
    event.preventDefault();
    input.focus();
    input.select();
  };
  const stopListening = listen([
    [form, "submit", send],
    [input, "input", () => say("")],
    [input, "keydown", escaped],
    [
      input,
      "focus",
      (event) => {
        before = /** @type {Element | null} */
        event.relatedTarget;
      }
    ],
    [document, "keydown", shortcut]
  ]);
  model.on("msg:custom", answered);
  el.append(form);
  return () => {
    stopListening();
    model.off("msg:custom", answered);
  };
}
function builtAnew(element, el) {
  const candidates = el.closest(".bt-page")?.querySelectorAll(element.tagName) ?? [];
  return [...candidates].find((each) => each.textContent === element.textContent);
}
var date_field_default = { render };
export {
  date_field_default as default
};
