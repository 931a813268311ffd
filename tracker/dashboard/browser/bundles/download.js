// Made by `make bundles` from download.js: sha256 23bc5e107e8d161ddd280c22f207ad3dd01fd14fcdb828d0c6296aeb2f843f9f
// download.js
var PIXEL_RATIO = 2;
var REVOKE_DELAY = 6e4;
function render({ model }) {
  let arrived = [];
  const received = async ({ kind, name, type, part, left }, buffers) => {
    if (kind !== "file") return;
    if (!part) arrived = [];
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
function save(file, name) {
  const url = URL.createObjectURL(file);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), REVOKE_DELAY);
}
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
    canvas.toBlob((png) => png ? resolve(png) : reject(new Error("the chart is too large for a PNG")), "image/png");
  });
}
var download_default = { render };
export {
  download_default as default
};
