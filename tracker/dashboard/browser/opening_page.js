// Runs in Voila's page before anything else: shows the snapshot until the live page is drawn, and frees the kernel
// when the viewer leaves.

import "./old_browsers.js";
import { endKernelOnLeave, reloadWithoutKernel } from "./kernel_life.js";
import { connectByProtocol, watchWebsocket } from "./kernel_websocket.js";
import { fetchSnapshot, showLate, showSnapshot } from "./snapshot.js";

/** @import {SnapshotHost} from "./snapshot.js" */

const RENEW = 10_000; // ms between two snapshots
const LATE = 30_000; // ms after which the page reports that the live page is late
const RELOAD = 120_000; // ms after which the page is loaded again

const base = document.currentScript?.dataset.baseUrl ?? "/";
const snapshotUrl = `${base}tracker/snapshot`; // fetched and not part of the page, which may have been made long ago

const live = (/** @type {string} */ selector) => document.querySelector(`#rendered_cells ${selector}`);

/** Return whether the live page is drawn, is a message without charts, or has parts of the page only. */
const isDrawn = () =>
  Boolean(
    (live(".bt-charts[style*='--a']") && live("path.line[d]")) ||
      live(".bt-page[data-theme]:not(.is-whole)") ||
      live(":is(.bt-first-start.is-shown, .jp-RenderedText)"),
  );

/** Wait for the body, which the parser has not reached yet. */
const body = () =>
  new Promise((/** @type {(body: HTMLElement) => void} */ resolve) => {
    const observer = new MutationObserver(() => {
      if (!document.body) return;
      observer.disconnect();
      resolve(document.body);
    });
    observer.observe(document.documentElement, { childList: true });
  });

/**
 * Cover the page with the snapshot, where there is a fitting one, until the live page is drawn.
 * @param {() => boolean} isBlocked whether the live page cannot be drawn
 */
async function coverUntilDrawn(isBlocked) {
  const fetched = fetchSnapshot(snapshotUrl);
  /** @type {SnapshotHost} */
  const host = document.createElement("div");
  host.id = "bt-snapshot";
  (await body()).prepend(host);
  const snapshot = await fetched;
  // The live page may have been faster.
  if (isDrawn() || !showSnapshot(host, snapshot)) {
    host.remove();
    return;
  }
  host.className = "is-there";
  renewWhileWaiting(host, isBlocked);
  const observer = new MutationObserver(() => {
    if (!isDrawn()) return;
    observer.disconnect();
    if (document.hidden)
      host.remove(); // a hidden page has no frames
    else requestAnimationFrame(() => host.remove());
  });
  observer.observe(document.body, { subtree: true, childList: true, attributes: true });
}

/**
 * Renew the snapshot in *host*, and report when the live page is late: a snapshot must not look like the live page.
 * @param {SnapshotHost} host
 * @param {() => boolean} isBlocked as in coverUntilDrawn()
 */
function renewWhileWaiting(host, isBlocked) {
  let beganAt = performance.now();
  const timer = setInterval(async () => {
    if (!host.isConnected) return clearInterval(timer);
    // A hidden page is not drawn, so it cannot be late.
    if (document.hidden) {
      beganAt = performance.now();
      return;
    }
    const waited = performance.now() - beganAt;
    if (waited > RELOAD && !isBlocked()) return location.reload(); // each load takes a kernel
    const snapshot = await fetchSnapshot(snapshotUrl);
    if (snapshot && host.isConnected) showSnapshot(host, snapshot);
    if (waited > LATE && !isBlocked()) showLate(host);
  }, RENEW);
}

// A page that waits for its kernel has this script twice: in what is sent first, and in its own head.
if (!document.documentElement.dataset.isOpening) {
  document.documentElement.dataset.isOpening = "yes";
  connectByProtocol();
  const isBlocked = watchWebsocket();
  void coverUntilDrawn(isBlocked);
  endKernelOnLeave(base);
  reloadWithoutKernel(isBlocked);
}
document.title = "BTC price tracker";
