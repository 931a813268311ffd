// The websocket between the page and its kernel, and what the page shows where no websocket comes through.

import { kernelState } from "./kernel.js";
import { reload } from "./reload.js";

const LOGGED_OUT = 4401; // the close code of a websocket whose viewer has logged out, as identity.py sends it
const CHECK = 1_000; // ms
const FAILED_FOR = 5_000; // ms since the first try, where one has failed; JupyterLab's scripts try again meanwhile
const PENDING_FOR = 9_000; // ms since the first try, where none has failed or one is open: a busy kernel may be slow to answer

const NOTE_STYLE =
  "margin: 0; padding: 10px 24px; background: var(--bt-note-bg); color: var(--bt-note-ink); font: 400 14px/1.5 sans-serif; overflow-wrap: anywhere";
const NOTE_HTML = `<b style="color: var(--bt-note-warn)">No live prices: a websocket does not come through to this page.</b>
A proxy between this browser and the server does not pass it on. Whoever runs the proxy has to set, for nginx,
<code>proxy_http_version 1.1;</code> <code>proxy_set_header Host $http_host;</code>
<code>proxy_set_header Upgrade $http_upgrade;</code> <code>proxy_set_header Connection "upgrade";</code>
Then reload this page. If others see live prices, a proxy of your own network is the cause; HTTPS usually gets through.`;

// Some proxies let the handshake through and nothing after it, so only a message shows that a websocket works.
const page = { triedAt: 0, isOpen: false, hasFailed: false, hasMessage: false };

/**
 * Have websockets to a kernel name their subprotocol, note a log-out, and report what becomes of them.
 *
 * JupyterLab's scripts name no subprotocol when they try again after a first connection that failed, and a kernel's
 * websocket without one is refused. A page whose viewer has logged out in another tab is loaded again, for the login.
 */
export function connectByProtocol() {
  window.WebSocket = class extends WebSocket {
    /**
     * @param {string | URL} url
     * @param {string | string[]} protocols
     */
    constructor(url, protocols = []) {
      const isKernel = new URL(url, location.href).pathname.endsWith("/channels");
      super(url, isKernel && !protocols.length ? ["v1.kernel.websocket.jupyter.org"] : protocols);
      this.addEventListener("close", ({ code }) => code === LOGGED_OUT && reload());
      if (isKernel) follow(this);
    }
  };
}

/** @param {WebSocket} websocket */
function follow(websocket) {
  page.triedAt ||= performance.now();
  websocket.addEventListener("open", () => {
    page.isOpen = true;
  });
  websocket.addEventListener(
    "message",
    () => {
      page.hasMessage = true;
    },
    { once: true },
  );
  websocket.addEventListener("close", () => {
    page.isOpen = false;
    page.hasFailed = true;
  });
}

/** Return whether a websocket would have brought a message by now. */
function isOverdue() {
  if (!page.triedAt) return false;
  return performance.now() - page.triedAt >= (page.hasFailed && !page.isOpen ? FAILED_FOR : PENDING_FOR);
}

/**
 * Show a note while no websocket comes through although the server answers.
 * @returns {() => boolean} whether the note is shown; the page then cannot become live
 */
export function watchWebsocket() {
  const note = document.createElement("div");
  const timer = setInterval(async () => {
    if (page.hasMessage) {
      clearInterval(timer);
      note.remove();
      delete document.documentElement.dataset.isBlocked;
      return;
    }
    if (note.isConnected || !isOverdue()) return;
    if ((await kernelState(CHECK)) !== "running" || page.hasMessage || note.isConnected) return;
    document.documentElement.dataset.isBlocked = "yes";
    note.setAttribute("role", "alert");
    note.style.cssText = NOTE_STYLE;
    note.innerHTML = NOTE_HTML;
    document.body.prepend(note);
  }, CHECK);
  return () => note.isConnected;
}
