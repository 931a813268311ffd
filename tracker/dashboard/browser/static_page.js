// A published page, which is a file: looks for a newer one, and shows how old it is.

import { fetchSnapshot, fitCharts, followAddress, showAge } from "./snapshot.js";

const period = Number(document.currentScript?.dataset.renew); // ms
const main = /** @type {HTMLElement} */ (document.querySelector("main"));
let shown = main.innerHTML;
/** @type {ReturnType<typeof setInterval> | undefined} */
let ageTimer;
/** @type {HTMLElement | undefined} */
let fitted;

/** @param {number} now the server's clock, epoch ms */
function show(now) {
  const page = /** @type {HTMLElement} */ (main.querySelector(".bt-page"));
  if (page !== fitted) fitCharts(page);
  fitted = page;
  followAddress(page);
  clearInterval(ageTimer);
  ageTimer = showAge(page, now);
}

/** Return whether text is selected: what the viewer copies must not be replaced. */
const isSelected = () => getSelection()?.isCollapsed === false;

async function renew() {
  if (document.hidden || isSelected()) return;
  const snapshot = await fetchSnapshot(location.pathname);
  const newer = snapshot && new DOMParser().parseFromString(snapshot.html, "text/html").querySelector("main");
  if (!newer || isSelected()) return; // the age goes on
  if (newer.innerHTML !== shown) {
    shown = newer.innerHTML;
    main.innerHTML = shown;
  }
  show(snapshot.now);
}

show(Date.now());
if (location.protocol === "file:") {
  setInterval(() => document.hidden || isSelected() || location.reload(), period);
} else {
  setInterval(renew, period);
  void renew();
}
document.addEventListener("visibilitychange", renew);
