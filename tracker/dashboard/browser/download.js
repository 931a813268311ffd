// Saves a file that the kernel made; a chart that arrives as SVG is drawn, and saved as PNG.

/** @import {RenderContext} from "./types.d.ts" */

const PIXEL_RATIO = 2; // pixels of the file for one of the SVG
const REVOKE_DELAY = 60_000; // ms, in which the browser has begun to save

/** @param {RenderContext<object>} context */
function render({ model }) {
  /** @type {DataView<ArrayBuffer>[]} the parts of a file that have arrived */
  let arrived = [];
  /**
   * @param {{kind: string, name: string, type: string, part: number, left: number}} message *part*: which one this is,
   *   from 0; *left*: how many follow
   * @param {DataView<ArrayBuffer>[]} buffers
   */
  const received = async ({ kind, name, type, part, left }, buffers) => {
    if (kind !== "file") return;
    if (!part) arrived = []; // another file, which may have the name of one that was not completed
    arrived.push(buffers[0]);
    if (left) {
      model.send({ kind: "got" });
      return;
    }
    const file = new Blob(arrived, { type });
    arrived = [];
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
