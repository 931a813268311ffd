// A slider over the replayed day. While a hand holds it, the clock's own movement does not push it away.

const TELL = 80; // ms

function render({ model, el }) {
  const input = document.createElement("input");
  Object.assign(input, { type: "range", min: 0, max: 86_400, step: 60 });
  input.setAttribute("aria-label", "Time of the day");
  let held = false;
  let telling = null; // a hand makes more movements than the kernel can follow; the last one counts
  const show = () => {
    if (!held && telling === null) input.value = 60 * Math.floor(model.get("value") / 60); // a key goes to the next whole minute
    input.setAttribute("aria-valuetext", model.get("text"));
    input.style.setProperty("--played", input.value / input.max);
  };
  const hold = (on) => () => {
    held = on;
    show();
  };
  input.addEventListener("pointerdown", hold(true));
  for (const end of ["pointerup", "pointercancel", "blur"]) input.addEventListener(end, hold(false));
  input.addEventListener("input", () => {
    input.style.setProperty("--played", input.value / input.max);
    telling ??= setTimeout(() => {
      telling = null;
      model.send({ seconds: Number(input.value) });
    }, TELL);
  });
  model.on("change:value change:text", show);
  el.append(input);
  show();
  return () => {
    clearTimeout(telling);
    model.off("change:value change:text", show);
  };
}

export default { render };
