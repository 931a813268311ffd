// Too many viewers at once: the snapshot of the page, renewed, until there is room for a live one.

import { fetchSnapshot, showSnapshot } from "./snapshot.js";

/** @import {SnapshotHost} from "./snapshot.js" */

const RENEW = 5_000; // ms

const base = document.currentScript?.dataset.baseUrl ?? "/";
const host = /** @type {SnapshotHost} */ (document.getElementById("bt-snapshot"));
const note = /** @type {HTMLElement} */ (document.getElementById("bt-busy-note"));

async function renew() {
  if (document.hidden) return; // room is for viewers who look
  const snapshot = await fetchSnapshot(`${base}tracker/snapshot`);
  const missing = snapshot ? "There is no snapshot of what this address asks for." : "There is no snapshot of it yet.";
  note.textContent = showSnapshot(host, snapshot) ? "" : missing;
  const room = await fetch(`${base}tracker/room`, { cache: "no-store" }).catch(() => null);
  if (room?.status === 204 || room?.redirected) location.reload();
}

void renew();
setInterval(renew, RENEW);
document.addEventListener("visibilitychange", renew);
