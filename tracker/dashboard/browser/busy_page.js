// The page of a viewer for whom there is no room: shows the snapshot, renewed, until a live page is free.

import { fetchSnapshot, showSnapshot } from "./snapshot.js";

/** @import {SnapshotHost} from "./snapshot.js" */

const RENEW = 5_000; // ms

const base = document.currentScript?.dataset.baseUrl ?? "/";
const host = /** @type {SnapshotHost} */ (document.getElementById("bt-snapshot"));
const note = /** @type {HTMLElement} */ (document.getElementById("bt-busy-note"));

async function renew() {
  if (document.hidden) return; // a hidden tab takes no live page
  const snapshot = await fetchSnapshot(`${base}tracker/snapshot`);
  const missing = snapshot ? "There is no snapshot of what this address asks for." : "There is no snapshot of it yet.";
  showSnapshot(host, snapshot);
  note.textContent = host.shadow ? "" : missing; // an older snapshot stays while there is no newer one
  const room = await fetch(`${base}tracker/room`, { cache: "no-store" }).catch(() => null);
  if (room?.status === 204 || room?.redirected) location.reload();
}

void renew();
setInterval(renew, RENEW);
document.addEventListener("visibilitychange", renew);
