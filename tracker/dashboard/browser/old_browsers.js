// What anywidget calls and browsers lack that are only a few years old: AbortSignal.any() came with Firefox 124 and
// Safari 17.4, the others with Safari 15.4 and 16. Without them no widget of the page works.
//
// Runs before all other scripts, and only in Voila's page; JupyterLab itself asks for newer browsers.

AbortSignal.any ??= (signals) => {
  const aborting = new AbortController();
  const abort = () => aborting.abort();
  for (const signal of signals) {
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort, { once: true });
  }
  return aborting.signal;
};

AbortSignal.timeout ??= (milliseconds) => {
  const aborting = new AbortController();
  setTimeout(() => aborting.abort(), milliseconds);
  return aborting.signal;
};

AbortSignal.prototype.throwIfAborted ??= function () {
  if (this.aborted) throw new DOMException("The operation was aborted.", "AbortError");
};

// Enough for the traits of widgets, which are JSON.
window.structuredClone ??= (/** @type {unknown} */ value) => JSON.parse(JSON.stringify(value));
