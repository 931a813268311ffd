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
  /** @type {NodeListOf<HTMLAnchorElement>} */
  const links = page.querySelectorAll(".bt-spans a");
  for (const link of links) link.search = location.search; // theme and currencies are the same for every span
  clearInterval(ageTimer);
  ageTimer = showAge(page, now);
}

/** Return whether text is selected or a link pressed: what the viewer copies or clicks must not be replaced. */
const isInUse = () => getSelection()?.isCollapsed === false || main.querySelector("a:active") !== null;

async function renew() {
  if (document.hidden || isInUse()) return;
  const snapshot = await fetchSnapshot(location.pathname);
  const newer = snapshot && new DOMParser().parseFromString(snapshot.html, "text/html").querySelector("main");
  if (!newer || isInUse()) return; // the age goes on
  if (newer.innerHTML !== shown) {
    shown = newer.innerHTML;
    const focused = document.activeElement?.id;
    main.innerHTML = shown;
    if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
  }
  show(snapshot.now);
}

show(Date.now());
if (location.protocol === "file:") {
  setInterval(() => document.hidden || isInUse() || location.reload(), period);
} else {
  setInterval(renew, period);
  void renew();
}
document.addEventListener("visibilitychange", renew);
