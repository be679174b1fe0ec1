/** Scales a picture down into a box; unknown sizes get a box of 3 to 2. Never enlarges, never thinner than 48 pixels. */
export function fitInto(
  width: number | null,
  height: number | null,
  box: { width: number; height: number },
): { width: number; height: number } {
  if (width === null || height === null || width <= 0 || height <= 0) {
    return { width: Math.min(box.width, 300), height: Math.min(box.height, 200) };
  }
  const scale = Math.min(1, box.width / width, box.height / height);
  return { width: Math.max(48, Math.round(width * scale)), height: Math.max(48, Math.round(height * scale)) };
}

/** Hands bytes to the browser's downloads. */
export function saveAs(blob: Blob, name: string): void {
  // Whatever the bytes claim to be, they are saved and never shown in this origin.
  const url = URL.createObjectURL(new Blob([blob], { type: "application/octet-stream" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

/** The size of a picture in pixels; null for what the browser cannot show. */
export async function pictureSize(file: Blob): Promise<PictureSize | null> {
  try {
    const bitmap = await createImageBitmap(file);
    const size = { width: bitmap.width, height: bitmap.height };
    bitmap.close();
    return size;
  } catch {
    return null;
  }
}

/** Cuts the middle square out of a picture and scales it to `side` pixels, as a JPEG or PNG. */
export async function squareAvatar(file: Blob, side = 512): Promise<Blob> {
  const bitmap = await createImageBitmap(file);
  const edge = Math.min(bitmap.width, bitmap.height);
  const target = Math.min(side, edge);
  const canvas = document.createElement("canvas");
  canvas.width = target;
  canvas.height = target;
  const pen = canvas.getContext("2d");
  if (pen === null) return file;
  pen.drawImage(bitmap, (bitmap.width - edge) / 2, (bitmap.height - edge) / 2, edge, edge, 0, 0, target, target);
  bitmap.close();
  const type = file.type === "image/jpeg" ? "image/jpeg" : "image/png";
  return new Promise((resolve) => canvas.toBlob((blob) => resolve(blob ?? file), type, 0.9));
}

/** What kind of message a file becomes. */
export function kindOf(file: File): "image" | "video" | "audio" | "file" {
  if (/^image\/(?:png|jpeg|gif|webp|avif)$/.test(file.type)) return "image";
  if (/^video\/(?:mp4|webm|ogg|quicktime)$/.test(file.type)) return "video";
  return file.type.startsWith("audio/") ? "audio" : "file";
}
