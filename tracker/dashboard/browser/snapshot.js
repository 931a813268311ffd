// The snapshot of the page, shown until the live page is ready or where there is no room for one; and how old it is.

import { keepRoomAbove } from "./chart_room.js";

/** @typedef {{html: string, now: number}} Snapshot *now* is the server's clock when it was sent, epoch ms */
/**
 * @typedef {HTMLElement & {shadow?: ShadowRoot, lateNote?: HTMLElement,
 *   ageTimer?: ReturnType<typeof setInterval>}} SnapshotHost
 */

const COLOURS = 8; // as tracker/render/format/colours.py has them
const THEMES = ["system", "light", "dark"]; // as the live page accepts them
const LATE_STYLE = "margin: 0; padding: 8px 24px; background: #A8281B; color: #FFF; font: 550 13px/1.45 sans-serif";
const LATE_TEXT =
  "The live page is not ready yet: it is still loading, or one of its scripts was blocked. This is a snapshot of it.";

/**
 * Fetch the snapshot from *url*; null if there is none.
 * @param {string} url
 * @returns {Promise<Snapshot | null>}
 */
export async function fetchSnapshot(url) {
  try {
    const response = await fetch(url, { cache: "no-cache" });
    if (response.status !== 200) return null;
    // A cache on the way may have kept the answer for a while, as its header Age states.
    const age = 1_000 * (Number(response.headers.get("Age")) || 0);
    const now = Date.parse(response.headers.get("Date") ?? "") + age;
    return { html: await response.text(), now: now || Date.now() };
  } catch {
    return null;
  }
}

/**
 * Show *snapshot* in *host*; returns false where it cannot be what the address asks for.
 * @param {SnapshotHost} host
 * @param {Snapshot | null} snapshot
 */
export function showSnapshot(host, snapshot) {
  const template = document.createElement("template");
  template.innerHTML = snapshot?.html ?? "";
  /** @type {HTMLElement | null} */
  const page = template.content.querySelector(".bt-page");
  const asked = new URLSearchParams(location.search);
  // A snapshot of another time range, or drawn in another way, would mislead.
  if (!snapshot || !page || page.dataset.redrawing?.split(" ").some((key) => asked.has(key))) return false;
  // Closed, so that a search for a part of the live page never returns the snapshot's.
  host.shadow ??= host.attachShadow({ mode: "closed" });
  followAddress(page);
  host.shadow.replaceChildren(template.content);
  fitCharts(page);
  clearInterval(host.ageTimer);
  host.ageTimer = showAge(page, snapshot.now);
  return true;
}

/**
 * Give the charts of *page* the height that they have on the live page.
 * @param {HTMLElement} page
 */
export function fitCharts(page) {
  /** @type {HTMLElement | null} */
  const charts = page.querySelector(".bt-charts");
  /** @type {HTMLElement | null | undefined} */
  const stack = charts?.querySelector(".bt-chart-stack");
  if (charts && stack) keepRoomAbove(charts, stack);
}

/**
 * Keep the age that *page* shows true; *now* is the server's clock, epoch ms.
 * @param {HTMLElement} page
 * @param {number} now
 */
export function showAge(page, now) {
  const written = Number(page.dataset.written);
  const openedAt = performance.now();
  const update = () => {
    const age = ageText(Math.max(0, Math.round((now - written + performance.now() - openedAt) / 1_000)));
    for (const element of page.querySelectorAll(".bt-age")) element.textContent = `, ${age} ago`;
  };
  update();
  return setInterval(update, 1_000);
}

/** @param {number} seconds */
function ageText(seconds) {
  if (seconds < 100) return `${seconds} s`;
  if (seconds < 6_000) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3_600)} h`;
  return `${Math.round(seconds / 86_400)} days`;
}

/**
 * Show once in *host* that the live page takes too long.
 * @param {SnapshotHost} host
 */
export function showLate(host) {
  host.lateNote ??= makeLateNote();
  if (!host.lateNote.isConnected) host.shadow?.prepend(host.lateNote); // a newer snapshot replaces all of the old one
}

function makeLateNote() {
  const note = document.createElement("p");
  note.setAttribute("role", "status");
  note.style.cssText = LATE_STYLE;
  note.textContent = LATE_TEXT;
  return note;
}

/**
 * Show *page* with the theme and the currencies that the address names.
 * @param {HTMLElement} page
 */
export function followAddress(page) {
  const asked = new URLSearchParams(location.search);
  for (const theme of asked.getAll("theme")) if (THEMES.includes(theme)) page.dataset.theme = theme;
  for (const text of asked.getAll("show")) chooseCurrencies(page, text);
}

/**
 * Show the currencies that *text* names, by any of their names, as the live page reads it.
 * @param {HTMLElement} page
 * @param {string} text
 */
function chooseCurrencies(page, text) {
  const wanted = text.toUpperCase().split(",").filter(Boolean);
  /** @type {NodeListOf<HTMLElement>} */
  const boxes = page.querySelectorAll(".bt-currency");
  const chosen = new Set(
    [...boxes]
      .map(({ dataset }) => dataset)
      .filter(({ names }) => names?.split(" ").some((name) => wanted.includes(name)))
      .map(({ market }) => market),
  );
  if (wanted.length && !chosen.size) return; // no known one: the choice stays
  for (const box of boxes) {
    const input = box.querySelector("input");
    if (input) input.checked = chosen.has(box.dataset.market);
  }
  /** @type {NodeListOf<HTMLElement>} */
  const parts = page.querySelectorAll(".bt-chart, tr[data-market]");
  for (const part of parts) part.style.display = chosen.has(part.dataset.market) ? "" : "none";
  recolour(page, boxes, chosen);
  page.classList.toggle("is-none-chosen", !chosen.size);
  const charts = page.querySelector(".bt-chart-stack");
  if (charts)
    charts.className = `bt-chart-stack ${chosen.size <= 2 ? "is-tall" : chosen.size <= 4 ? "is-mid" : "is-flat"}`;
}

/**
 * Give each chosen market a colour of its own, as far as there are enough; as colour_tokens in Python does.
 * @param {HTMLElement} page
 * @param {NodeListOf<HTMLElement>} boxes
 * @param {Set<string | undefined>} chosen
 */
function recolour(page, boxes, chosen) {
  const colours = new Map([...boxes].map(({ dataset }, position) => [dataset.market, (position % COLOURS) + 1]));
  const taken = new Set();
  const doubles = [...colours].filter(([market, colour]) => {
    if (!chosen.has(market)) return false;
    const isDouble = taken.has(colour);
    taken.add(colour);
    return isDouble;
  });
  const free = Array.from({ length: COLOURS }, (_, index) => index + 1).filter((colour) => !taken.has(colour));
  doubles.slice(0, free.length).forEach(([market], index) => {
    colours.set(market, free[index]);
  });
  for (const [market, colour] of colours) {
    if (!market || !chosen.has(market)) continue;
    for (const part of page.querySelectorAll(`[data-market="${CSS.escape(market)}"]`))
      for (const element of [part, ...part.querySelectorAll("[class*=bt-series-]")])
        element.setAttribute(
          "class",
          (element.getAttribute("class") ?? "").replace(/bt-series-\d/, `bt-series-${colour}`),
        );
  }
  if (chosen.size <= COLOURS) page.querySelector(".bt-hint")?.remove(); // it says that colours repeat
}
