// The page's link to its kernel, in the browser: says that it is there and whether it is looked at,
// keeps the choices in the address, and never lets a page that is cut off look alive.

const QUIET = 8_000; // ms without a word from the kernel, after which the page says so
const HOPELESS = 30_000; // ms after which a page whose server answers starts anew
const ASK = 4_000; // ms between two tries to be heard
const READ = 2_000; // ms to read why, before it does
const WRITE = 250; // ms of rest before the choices are written into the address

// In JupyterLab the address, the title and the kernel are not this page's own.
const alone = () => "voila" in document.body.dataset;

function render({ model, el }) {
  const link = { heard: Date.now(), looked: Date.now(), asked: 0, gone: false, banner: null };
  link.query = alone() ? location.search : "";
  const page = () => el.closest(".bt-page");
  let away = () => {};

  // Throws once the kernel has died: its widgets do not come back, even if the server restarts it.
  const send = (content) => {
    try {
      model.send(content);
      link.gone = false;
    } catch {
      link.gone = true;
    }
  };
  const hello = () => {
    link.asked = Date.now();
    send({
      kind: "hello",
      query: link.query, // until the kernel has it
      zone: Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC",
      visible: !document.hidden,
    });
  };
  const heard = () => {
    link.heard = Date.now();
    if (link.banner && alone()) document.title = model.get("heading");
    tell(link, page(), "");
  };
  const answered = () => {
    heard();
    link.query = null; // from now on the address follows the choices
    follow();
  };
  const follow = () => {
    theme(page(), model.get("theme"));
    if (!alone()) return;
    document.title = model.get("heading") || document.title;
    // A hand that moves the charts changes it many times a second, and browsers take that ill.
    clearTimeout(link.writing);
    link.writing = setTimeout(() => link.query === null && address(model.get("query"), model.get("address_keys")), WRITE);
  };
  const seen = () => {
    if (document.hidden) send({ kind: "hidden" });
    else {
      link.heard = link.looked = Date.now(); // a moment's grace: nothing was sent to a hidden page
      hello();
    }
  };
  const watch = () => {
    const now = Date.now();
    // Timers stand still while the machine sleeps, and so did the kernel's words.
    if (now - link.looked > QUIET) link.heard = now;
    link.looked = now;
    if (document.hidden || now - link.heard < QUIET) return;
    if (now - link.asked > ASK) {
      hello();
      cutOff(link, page(), now - link.heard);
    }
  };

  model.on("msg:custom", answered);
  model.on("change", heard);
  model.on("change:theme change:heading change:query", follow);
  document.addEventListener("visibilitychange", seen);
  const timer = setInterval(watch, 1_000);
  // Rendered before it stands in the page; nothing may be sent before all of the page is there.
  const start = setInterval(() => {
    if (!page()?.isConnected) return;
    clearInterval(start);
    follow();
    hello();
    away = reachable(page());
  }, 20);

  return () => {
    away();
    clearTimeout(link.writing);
    clearInterval(timer);
    clearInterval(start);
    document.removeEventListener("visibilitychange", seen);
  };
}

const GROUPS = { "bt-spans": "Span", "bt-modes": "Drawn as", "bt-theme": "Colours", "bt-replay": "Speed" };

/** What the widgets leave out: which button is pressed, for who cannot see it, and a list that closes. */
function reachable(page) {
  const tell = () => {
    for (const each of page.querySelectorAll(".bt-seg .jupyter-button, .bt-link.widget-toggle-button")) {
      const pressed = String(each.classList.contains("mod-active"));
      if (each.getAttribute("aria-pressed") !== pressed) each.setAttribute("aria-pressed", pressed);
    }
    for (const each of page.querySelectorAll(".bt-seg:not([role])")) {
      const [, name] = Object.entries(GROUPS).find(([style]) => each.closest(`.${style}`)) ?? [];
      each.setAttribute("role", "group");
      if (name) each.setAttribute("aria-label", name);
    }
  };
  const close = (event) => {
    const opener = page.querySelector(".bt-head > .bt-link.mod-active");
    const outside = event.type === "pointerdown" && !event.target.closest(".bt-pop") && !opener?.contains(event.target);
    if (opener && (outside || event.key === "Escape")) opener.click();
  };
  const changed = new MutationObserver(tell);
  changed.observe(page, { subtree: true, childList: true, attributes: true, attributeFilter: ["class"] });
  document.addEventListener("keydown", close);
  document.addEventListener("pointerdown", close);
  tell();
  return () => {
    changed.disconnect();
    document.removeEventListener("keydown", close);
    document.removeEventListener("pointerdown", close);
  };
}

function theme(page, name) {
  if (page) page.dataset.theme = name;
  if (alone()) document.documentElement.style.colorScheme = name === "system" ? "light dark" : name;
}

/** Put the choices, *query* of *keys*, into the address and leave other keys, but for a token, which is not to be shared. */
function address(query, keys) {
  const ours = new Set([...keys, "token"]);
  const others = location.search
    .slice(1)
    .split("&")
    .filter((part) => part && !ours.has(part.split("=")[0]));
  const search = [...others, ...(query ? [query] : [])].join("&");
  const wanted = location.pathname + (search ? `?${search}` : "") + location.hash;
  if (wanted !== location.pathname + location.search + location.hash) history.replaceState(history.state, "", wanted);
}

/** Say *text* above everything; "" takes it away. */
function tell(link, page, text) {
  page?.classList.toggle("is-cut", text !== "");
  if (!text) {
    link.banner?.remove();
    link.banner = null;
    return;
  }
  if (alone()) document.title = "Cut off · BTC price tracker";
  if (!link.banner && page) {
    link.banner = document.createElement("div");
    link.banner.className = "bt-lost";
    link.banner.setAttribute("role", "alert");
    page.prepend(link.banner);
  }
  if (link.banner) link.banner.textContent = text;
}

async function cutOff(link, page, quiet) {
  const clock = { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" };
  const since = new Date(link.heard).toLocaleTimeString([], clock);
  const found = alone() ? await server() : "lab";
  const state = found === "there" && link.gone ? "gone" : found;
  if (Date.now() - link.heard < QUIET) return; // heard while asking
  const words = {
    lab: "The kernel is silent: busy, restarted or gone. Run the notebook again if it stays so.",
    away: "The server does not answer; it is asked again every few seconds.",
    gone: "This page's kernel is gone. The page starts anew.",
    there: "The connection was lost. The page reconnects, or starts anew.",
  };
  tell(link, page, `Cut off since ${since}: what is shown is that old. ${words[state]}`);
  if (state === "gone" || (state === "there" && quiet > HOPELESS)) setTimeout(again, READ);
}

/** Whether the server still has this page's kernel: "there", "gone", or "away" if it does not answer. */
async function server() {
  const config = JSON.parse(document.getElementById("jupyter-config-data")?.textContent ?? "{}");
  const url = `${config.baseUrl ?? "/"}api/kernels/${config.kernelId}`;
  try {
    const answer = await fetch(url, { cache: "no-store", signal: AbortSignal.timeout(ASK) });
    return answer.status === 404 ? "gone" : answer.status < 500 ? "there" : "away";
  } catch {
    return "away";
  }
}

/** Load the page anew with its choices, which are in the address. */
const again = () => (window.btStartAnew ?? (() => location.reload()))(); // the template's does it once a minute

export default { render };
