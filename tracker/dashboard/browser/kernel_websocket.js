// The websocket between the page and its kernel, and what the page shows where no websocket comes through.

import { kernelState } from "./kernel.js";
import { reload } from "./reload.js";

const LOGGED_OUT = 4401; // the close code of a websocket whose viewer has logged out, as identity.py sends it
const CHECK = 1_000; // ms
const FAILED_FOR = 5_000; // ms since the first try, where one has failed; JupyterLab's scripts try again meanwhile
const PENDING_FOR = 9_000; // ms since the first try, where none has failed: a busy kernel may be slow to answer

const NOTE_STYLE =
  "margin: 0; padding: 10px 24px; background: #FCF0D8; color: #454E5B; font: 400 14px/1.5 sans-serif; overflow-wrap: anywhere";
const NOTE_HTML = `<b style="color: #835200">No live prices: a websocket does not come through to this page.</b>
A proxy between this browser and the server does not pass it on. Whoever runs the proxy has to set, for nginx,
<code>proxy_http_version 1.1;</code> <code>proxy_set_header Host $http_host;</code>
<code>proxy_set_header Upgrade $http_upgrade;</code> <code>proxy_set_header Connection "upgrade";</code>
Then reload this page. If others see live prices, a proxy of your own network is the cause; HTTPS usually gets through.`;

const page = { triedAt: 0, hasFailed: false, hasOpened: false };

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
    page.hasOpened = true;
  });
  websocket.addEventListener("close", () => {
    page.hasFailed = true;
  });
}

/**
 * Show a note while no websocket comes through although the server answers.
 * @returns {() => boolean} whether the note is shown; the page then cannot become live
 */
export function watchWebsocket() {
  const note = document.createElement("div");
  const timer = setInterval(async () => {
    if (page.hasOpened) {
      clearInterval(timer);
      note.remove();
      delete document.documentElement.dataset.isBlocked;
      return;
    }
    const waited = page.triedAt && performance.now() - page.triedAt;
    if (note.isConnected || waited < (page.hasFailed ? FAILED_FOR : PENDING_FOR)) return;
    if ((await kernelState(CHECK)) !== "running" || page.hasOpened || note.isConnected) return;
    document.documentElement.dataset.isBlocked = "yes";
    note.setAttribute("role", "alert");
    note.style.cssText = NOTE_STYLE;
    note.innerHTML = NOTE_HTML;
    document.body.prepend(note);
  }, CHECK);
  return () => note.isConnected;
}
