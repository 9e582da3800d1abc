/** A photo made small enough for a weak network, in the browser. What cannot be made smaller goes as it is. */

const LONGEST = 1600;
const THUMB = 160;
const QUALITY = 0.8;

/** @param {File} file @returns {Promise<{blob: Blob, thumb: string}>} a JPEG, and a tiny picture of it as a data: address */
export async function small(file) {
  const bitmap = await createImageBitmap(file, { imageOrientation: "from-image" }).catch(() => null);
  if (!bitmap) return { blob: file, thumb: "" };
  const blob = await new Promise((done) => drawn(bitmap, LONGEST).toBlob(done, "image/jpeg", QUALITY));
  const thumb = drawn(bitmap, THUMB).toDataURL("image/jpeg", 0.6);
  bitmap.close();
  return { blob: blob ?? file, thumb };
}

function drawn(bitmap, longest) {
  const scale = Math.min(1, longest / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return canvas;
}
