// A slider over the replayed day. While the viewer holds it, the clock's own movement does not push it away.

/** @import {RenderContext, ScrubberTraits} from "./types.d.ts" */

const SEND_DELAY = 80; // ms; the slider moves more often than the kernel can follow, and the last place counts
const MINUTE = 60; // s, which a key moves by
const DAY = 86_400; // s

/** @param {RenderContext<ScrubberTraits>} context */
function render({ model, el }) {
  const input = document.createElement("input");
  Object.assign(input, { type: "range", min: 0, max: DAY, step: MINUTE });
  input.setAttribute("aria-label", "Time of the day");
  let isHeld = false;
  /** @type {ReturnType<typeof setTimeout> | null} */
  let sending = null;
  const showPlayed = () => input.style.setProperty("--played", String(input.valueAsNumber / DAY));
  const show = () => {
    if (!isHeld && sending === null) input.valueAsNumber = MINUTE * Math.floor(model.get("value") / MINUTE);
    input.setAttribute("aria-valuetext", model.get("text"));
    showPlayed();
  };
  const hold = (/** @type {boolean} */ held) => () => {
    isHeld = held;
    show();
  };
  input.addEventListener("pointerdown", hold(true));
  for (const end of ["pointerup", "pointercancel", "blur"]) input.addEventListener(end, hold(false));
  input.addEventListener("input", () => {
    showPlayed();
    sending ??= setTimeout(() => {
      sending = null;
      model.send({ seconds: input.valueAsNumber });
    }, SEND_DELAY);
  });
  model.on("change:value change:text", show);
  el.append(input);
  show();
  return () => {
    if (sending !== null) clearTimeout(sending);
    model.off("change:value change:text", show);
  };
}

export default { render };
