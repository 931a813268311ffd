// Made by `make bundles` from scrubber.js: sha256 0e593255be75a0a732a5f967f0f32e88606076ff1ba3b6c71d0c9089cfd0c696
// scrubber.js
var SEND_DELAY = 80;
var MINUTE = 60;
var DAY = 86400;
function render({ model, el }) {
  const input = document.createElement("input");
  Object.assign(input, { type: "range", min: 0, max: DAY, step: MINUTE });
  input.setAttribute("aria-label", "Time of the day");
  let isHeld = false;
  let sending = null;
  const showPlayed = () => input.style.setProperty("--played", String(input.valueAsNumber / DAY));
  const show = () => {
    if (!isHeld && sending === null) input.valueAsNumber = MINUTE * Math.floor(model.get("value") / MINUTE);
    input.setAttribute("aria-valuetext", model.get("text"));
    showPlayed();
  };
  const hold = (held) => () => {
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
var scrubber_default = { render };
export {
  scrubber_default as default
};
