// Wheel, mouse, fingers and keys over the charts.

const STEP = 1.25; // zoom of one notch of the wheel
const LATCH = 400; // ms; a wheel that was scrolling the page goes on scrolling it
const STILL = 6; // px; less is no drag
const HALF_HOUR = 1_800; // s

/** Let the viewer's hand move *view* and *hair*; returns what takes it away again. */
function gestures(root, stack, view, hair) {
  const pointers = new Map();
  let drag = null;
  let scrolled = -LATCH;

  const plot = (event) => {
    const found = event.target.closest?.(".bt-strip");
    const box = found?.querySelector(".bt-plot")?.getBoundingClientRect();
    return box && event.clientX >= box.left && event.clientX <= box.right ? { strip: found, box } : null;
  };
  const width = () => view.domain.end - view.domain.start;
  const at = (box, clientX) => view.domain.start + ((clientX - box.left) / box.width) * width();

  const wheel = (event) => {
    const here = stack.contains(event.target) ? plot(event) : null;
    if (!here || (event.timeStamp - scrolled < LATCH && !event.ctrlKey)) {
      if (!event.ctrlKey) scrolled = event.timeStamp;
      return;
    }
    event.preventDefault();
    const unit = event.deltaMode === 1 ? 33 : event.deltaMode === 2 ? 400 : 1;
    if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) view.pan((unit * event.deltaX * width()) / here.box.width);
    else view.zoom(STEP ** ((unit * event.deltaY) / 100), at(here.box, event.clientX));
  };

  const down = (event) => {
    const here = plot(event);
    if (!here || event.button > 0 || event.target.closest("button")) return;
    pointers.set(event.pointerId, event);
    const brush = event.shiftKey && event.pointerType === "mouse";
    drag = { ...here, from: view.domain, x: event.clientX, y: event.clientY, brush, moved: false, gap: apart() };
    if (brush) event.preventDefault(); // no text is selected
  };
  const apart = () => {
    const [one, other] = [...pointers.values()];
    return other ? Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY) : 0;
  };

  const move = (event) => {
    if (pointers.has(event.pointerId)) pointers.set(event.pointerId, event);
    // Released outside, before the drag began: nothing tells it but the buttons.
    if (drag && event.pointerType === "mouse" && !event.buttons) up(event);
    const here = drag ?? plot(event);
    if (!here) return hair.hide();
    if (!drag || !pointers.has(event.pointerId)) return hair.show(here.strip, at(here.box, event.clientX));
    const pinched = drag.gap > 0 && Math.abs(apart() - drag.gap) > STILL;
    if ((pinched || Math.abs(event.clientX - drag.x) > STILL) && !drag.moved) {
      drag.moved = true;
      stack.setPointerCapture?.(event.pointerId);
    }
    if (!drag.moved) return;
    if (drag.brush) return hair.brush(at(drag.box, drag.x), at(drag.box, event.clientX));
    hair.hide();
    const { start, end } = drag.from;
    if (pointers.size > 1 && drag.gap > STILL) {
      const [one, other] = [...pointers.values()];
      const middle = ((one.clientX + other.clientX) / 2 - drag.box.left) / drag.box.width;
      const wide = (end - start) * (drag.gap / Math.max(STILL, apart()));
      const fixed = start + middle * (end - start);
      view.move(fixed - middle * wide, fixed + (1 - middle) * wide);
    } else {
      const by = ((drag.x - event.clientX) / drag.box.width) * (end - start);
      view.move(start + by, end + by);
    }
  };

  const up = (event) => {
    if (!pointers.delete(event.pointerId) || !drag) return;
    const { brush, moved, box, strip } = drag;
    if (brush && moved && event.type === "pointerup") {
      const ends = [at(box, drag.x), at(box, event.clientX)].sort((a, b) => a - b);
      view.move(...ends);
    }
    // A finger that scrolls the page is cancelled, and nowhere by then.
    if (!moved && event.type === "pointerup" && event.pointerType !== "mouse") hair.show(strip, at(box, event.clientX));
    hair.brush(null);
    const [rest] = pointers.values(); // of two fingers, the one that is left goes on moving
    drag = rest ? { ...drag, from: view.domain, x: rest.clientX, moved: true, gap: 0 } : null;
  };

  const double = (event) => plot(event) && view.back();
  // A finger that is lifted has left, too; what a tap showed stays.
  const leave = (event) => drag || event.pointerType !== "mouse" || hair.hide();

  const keys = {
    ArrowLeft: (event) => (event.shiftKey ? view.pan(-width() / 8) : hair.step(-1)),
    ArrowRight: (event) => (event.shiftKey ? view.pan(width() / 8) : hair.step(1)),
    PageUp: () => hair.jump(-HALF_HOUR),
    PageDown: () => hair.jump(HALF_HOUR),
    Home: () => hair.jump(-Infinity),
    End: () => hair.jump(Infinity),
    "+": () => view.zoom(1 / STEP, hair.x ?? view.domain.end),
    "-": () => view.zoom(STEP, hair.x ?? view.domain.end),
    0: () => view.back(),
    Escape: () => (hair.x === null ? view.back() : hair.hide()),
  };
  const key = (event) => {
    const act = event.ctrlKey || event.metaKey || event.altKey ? null : keys[event.key === "=" ? "+" : event.key];
    if (!act || event.target !== stack) return;
    event.preventDefault();
    act(event);
  };

  const click = (event) => event.target.closest?.("[data-bt=back]") && view.back();

  const on = [
    [window, "wheel", wheel, { passive: false, capture: true }],
    [stack, "pointerdown", down],
    [stack, "pointermove", move],
    [stack, "pointerup", up],
    [stack, "pointercancel", up],
    [stack, "pointerleave", leave],
    [stack, "dblclick", double],
    [stack, "keydown", key],
    [stack, "blur", () => hair.hide()],
    [root, "click", click],
  ];
  for (const [target, name, does, options] of on) target.addEventListener(name, does, options);
  return () => {
    for (const [target, name, does, options] of on) target.removeEventListener(name, does, options);
  };
}
