// Joins what part of time is shown, the hand that moves it, and the crosshair; see the files before.

function render({ model, el }) {
  let end = () => {};
  const start = setInterval(async () => {
    const root = el.closest(".bt-charts");
    const stack = root?.querySelector(".bt-strips");
    if (!stack?.isConnected) return;
    clearInterval(start);
    const view = new View(model, root);
    const hair = new Hair(root, stack, view);
    view.shown = () => hair.draw();
    // Of many charts only those in sight, and their neighbours, need to be kept up to date.
    const sight = view.sight;
    const seen = new IntersectionObserver(
      (entries) => {
        for (const { target, isIntersecting } of entries) {
          const mark = [...target.classList].find((name) => name.startsWith("bt-m"));
          if (isIntersecting) sight.add(mark);
          else sight.delete(mark);
        }
        say(model, { kind: "seen", marks: [...sight] });
        view.draw();
      },
      { rootMargin: "50% 0px" },
    );
    const watch = () => {
      seen.disconnect();
      sight.clear();
      for (const strip of stack.querySelectorAll(".bt-strip")) seen.observe(strip);
    };
    const found = () => {
      watch();
      hair.forget();
      return view.find();
    };
    const heard = () => {
      view.heard();
      hair.ask();
    };
    const told = (said) => said.kind === "at" && hair.told(said);
    // Strips stand in the page a little after the kernel has named them.
    const grown = new MutationObserver(found);
    grown.observe(stack, { childList: true });
    model.on("change:strips", found);
    model.on("change:domain", heard);
    model.on("msg:custom", told);
    stack.tabIndex = 0;
    stack.setAttribute("role", "group");
    stack.setAttribute("aria-label", "Price charts. Arrow keys read prices, plus and minus zoom, 0 goes back.");
    const let_go = gestures(root, stack, view, hair);
    const printing = paper(stack, view);
    end = () => {
      for (const timer of [view.timer, hair.asking, hair.pause]) clearTimeout(timer);
      cancelAnimationFrame(view.frame);
      printing();
      let_go();
      grown.disconnect();
      seen.disconnect();
      model.off("change:strips", found);
      model.off("change:domain", heard);
      model.off("msg:custom", told);
    };
    await found();
  }, 20);
  return () => {
    clearInterval(start);
    end();
  };
}

/** Charts were drawn for the window; paper is narrower, and no script runs between its layout and its print. */
function paper(stack, view) {
  const before = () => {
    view.apply(true);
    for (const svg of stack.querySelectorAll(".bt-fig svg")) {
      const { width, height } = svg.getBoundingClientRect();
      svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
      svg.setAttribute("preserveAspectRatio", "none");
    }
  };
  const after = () => {
    for (const svg of stack.querySelectorAll(".bt-fig svg[viewBox]")) svg.removeAttribute("viewBox");
  };
  addEventListener("beforeprint", before);
  addEventListener("afterprint", after);
  return () => {
    removeEventListener("beforeprint", before);
    removeEventListener("afterprint", after);
  };
}

export default { render };
