// Elements and styles, written only when they change.

/** @type {WeakMap<HTMLElement, Map<string, number>>} */
const written = new WeakMap();

/**
 * Set the style variable *name*; reading a style back costs more than remembering it.
 * @param {HTMLElement} element
 * @param {string} name
 * @param {number} value
 */
export function setVariable(element, name, value) {
  const known = written.get(element) ?? new Map();
  if (known.get(name) === value) return;
  written.set(element, known.set(name, value));
  element.style.setProperty(name, String(value));
}

/**
 * Append a new div of class *name*.
 * @param {Element} parent
 * @param {string} name
 */
export function appendChild(parent, name) {
  const element = document.createElement("div");
  element.className = name;
  return parent.appendChild(element);
}

/**
 * Return the child of class *name*, made if *parent* has none or has dropped it.
 * @param {Element} parent
 * @param {string} name
 * @returns {HTMLElement}
 */
export function ensureChild(parent, name) {
  return parent.querySelector(`:scope > .${name}`) ?? appendChild(parent, name);
}

/**
 * Add *listeners* and return the function that removes them.
 * @param {[EventTarget, string, (event: any) => void, AddEventListenerOptions?][]} listeners
 */
export function listen(listeners) {
  for (const [target, name, handler, options] of listeners) target.addEventListener(name, handler, options);
  return () => {
    for (const [target, name, handler, options] of listeners) target.removeEventListener(name, handler, options);
  };
}
