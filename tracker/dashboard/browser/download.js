// Saves a file that the kernel made; a chart that arrives as SVG is drawn, and saved as PNG.

/** @import {RenderContext} from "./types.d.ts" */

const PIXEL_RATIO = 2; // pixels of the file for one of the SVG
const REVOKE_DELAY = 60_000; // ms, in which the browser has begun to save

/** @param {RenderContext<object>} context */
function render({ model }) {
  /** @type {{name: string, parts: DataView<ArrayBuffer>[]}} what has arrived of a file */
  let arrived = { name: "", parts: [] };
  /**
   * @param {{kind: string, name: string, type: string, left: number}} message *left*: how many parts follow
   * @param {DataView<ArrayBuffer>[]} buffers
   */
  const received = async ({ kind, name, type, left }, buffers) => {
    if (kind !== "file") return;
    if (name !== arrived.name) arrived = { name, parts: [] };
    arrived.parts.push(buffers[0]);
    if (left) {
      model.send({ kind: "got" });
      return;
    }
    const file = new Blob(arrived.parts, { type });
    arrived = { name: "", parts: [] };
    save(name.endsWith(".png") ? await toPng(file) : file, name);
  };
  model.on("msg:custom", received);
  return () => model.off("msg:custom", received);
}

/**
 * @param {Blob} file
 * @param {string} name
 */
function save(file, name) {
  const url = URL.createObjectURL(file);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), REVOKE_DELAY);
}

/**
 * @param {Blob} svg
 * @returns {Promise<Blob>}
 */
async function toPng(svg) {
  const image = new Image();
  image.src = URL.createObjectURL(svg);
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = PIXEL_RATIO * image.naturalWidth;
  canvas.height = PIXEL_RATIO * image.naturalHeight;
  canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
  URL.revokeObjectURL(image.src);
  return new Promise((resolve, reject) => {
    canvas.toBlob((png) => (png ? resolve(png) : reject(new Error("the chart is too large for a PNG"))), "image/png");
  });
}

export default { render };
