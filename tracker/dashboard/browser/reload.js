// Loads the page again, with the viewer's choices, which are in the address.

const KEY = "bt-reloaded-at"; // of the session's storage, which outlives the page
const PAUSE = 60_000; // ms; a page that fails at once must not reload in a loop

/** Reload, at most once a minute, however many scripts ask for it. */
export function reload() {
  if (Date.now() - Number(sessionStorage.getItem(KEY) ?? 0) < PAUSE) return;
  sessionStorage.setItem(KEY, String(Date.now()));
  location.reload();
}
