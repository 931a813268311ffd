// The picture of the page, shown before the live page is there, or instead of it; and how old it is.

/** Keep the age of *page*, the picture, true; *now* is the server's clock, epoch ms. */
function aging(page, now) {
  const written = Number(page.dataset.written);
  const read = performance.now();
  const tell = () => {
    const s = Math.max(0, Math.round((now - written + performance.now() - read) / 1_000));
    const age = s < 100 ? `${s} s` : s < 6_000 ? `${Math.round(s / 60)} min` : s < 172_800 ? `${Math.round(s / 3_600)} h` : `${Math.round(s / 86_400)} days`;
    for (const each of page.querySelectorAll(".bt-age")) each.textContent = `, ${age} ago`;
  };
  tell();
  return setInterval(tell, 1_000);
}

/** Fetch the picture from *url*; null if there is none. */
async function picture(url) {
  try {
    const answer = await fetch(url, { cache: "no-cache" });
    if (answer.status !== 200) return null;
    // What stands between may have kept the answer for a while, which it tells.
    const now = Date.parse(answer.headers.get("Date")) + 1_000 * (Number(answer.headers.get("Age")) || 0);
    return { html: await answer.text(), now: now || Date.now() };
  } catch {
    return null;
  }
}

/** Show the picture *found* in *host*, as the address asks for it; whether it can be. */
function first(host, found) {
  const asked = new URLSearchParams(location.search);
  // Of another time, or drawn otherwise, it would only mislead.
  if (!found || ["span", "view", "replay", "mode", "candles", "sort", "rank_by"].some((key) => asked.has(key))) return false;
  // Closed, so that nothing that looks for a part of the live page finds the picture's.
  const root = (host.picture ??= host.attachShadow({ mode: "closed" }));
  root.innerHTML = found.html;
  const page = root.querySelector(".bt-page");
  dress(page);
  clearInterval(host.aging);
  host.aging = aging(page, found.now);
  return true;
}

/** Say in *host* that the live page takes too long. */
function late(host) {
  const said = document.createElement("p");
  said.setAttribute("role", "status");
  said.style = "margin: 0; padding: 8px 24px; background: #A8281B; color: #FFF; font: 550 13px/1.45 sans-serif";
  said.textContent = "The live page has not come yet: it is still loading, or a script of it was kept away. This is a picture of the page.";
  host.picture.prepend(said);
}

/** Show *page* as the address asks for it. */
function dress(page) {
  const asked = new URLSearchParams(location.search);
  if (asked.has("theme")) page.dataset.theme = asked.get("theme");
  if (asked.has("show")) only(page, asked.get("show").split(","));
}

/** Show no currencies but *names*. */
function only(page, names) {
  const strips = [...page.querySelectorAll(".bt-strip")];
  if (!strips.some((each) => names.includes(each.dataset.market))) return; // as the live page does
  for (const each of page.querySelectorAll("[data-market]")) {
    const there = names.includes(each.dataset.market);
    if (each.matches(".bt-strip, tr")) each.style.display = there ? "" : "none";
    else each.querySelector("input").checked = there;
  }
  const left = strips.filter((each) => !each.style.display).length;
  const size = left <= 2 ? "is-tall" : left <= 4 ? "is-mid" : "is-flat";
  page.querySelector(".bt-strips").className = `bt-strips ${size}`;
}
