// Saves a file that the kernel made; a picture that came as SVG is drawn, and saved as PNG.

const SHARP = 2; // pixels of the file for one of the picture

function render({ model }) {
  const save = (blob, name) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  };
  const told = async (content, buffers) => {
    if (content.kind !== "file") return;
    const blob = new Blob([buffers[0]], { type: content.type });
    save(content.name.endsWith(".png") ? await drawn(blob) : blob, content.name);
  };
  model.on("msg:custom", told);
  return () => model.off("msg:custom", told);
}

async function drawn(svg) {
  const image = new Image();
  image.src = URL.createObjectURL(svg);
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = SHARP * image.naturalWidth;
  canvas.height = SHARP * image.naturalHeight;
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  URL.revokeObjectURL(image.src);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}

export default { render };
