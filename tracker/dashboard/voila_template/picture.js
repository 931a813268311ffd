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
  const read = document.createElement("template");
  read.innerHTML = found?.html ?? "";
  const page = read.content.querySelector(".bt-page");
  const asked = new URLSearchParams(location.search);
  // Of another time, or drawn otherwise, it would only mislead.
  if (!page || page.dataset.redrawing?.split(" ").some((key) => asked.has(key))) return false;
  // Closed, so that nothing that looks for a part of the live page finds the picture's.
  const root = (host.picture ??= host.attachShadow({ mode: "closed" }));
  dress(page);
  root.replaceChildren(read.content);
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
  for (const text of asked.getAll("show")) choose(page, text);
}

/** Show the currencies that *text* names, in short or in full, as the live page reads it. */
function choose(page, text) {
  const wanted = text.toUpperCase().split(",").filter(Boolean);
  const boxes = [...page.querySelectorAll(".bt-cur")];
  const chosen = new Set(
    boxes
      .map((each) => each.dataset)
      .filter(({ market, full }) => [market, full].some((name) => wanted.includes(name.toUpperCase())))
      .map(({ market }) => market),
  );
  if (wanted.length && !chosen.size) return; // none that there is: the choice stays
  for (const each of boxes) each.querySelector("input").checked = chosen.has(each.dataset.market);
  for (const each of page.querySelectorAll(".bt-strip, tr[data-market]")) each.style.display = chosen.has(each.dataset.market) ? "" : "none";
  page.classList.toggle("is-none", !chosen.size);
  const size = chosen.size <= 2 ? "is-tall" : chosen.size <= 4 ? "is-mid" : "is-flat";
  page.querySelector(".bt-strips").className = `bt-strips ${size}`;
}
