import type { Media, MxcUri, ThumbnailSize } from "@team/core";

/** Bytes kept as data addresses: those of some hundred thumbnails. */
const CAPACITY = 24 * 1024 * 1024;

interface Picture {
  readonly address: Promise<string>;
  bytes: number;
}

/** Addresses that an Image can show, for pictures that only core may fetch (they need the session's token). */
export class Pictures {
  readonly #kept = new Map<string, Picture>();
  #bytes = 0;

  constructor(private readonly media: Media) {}

  /** The same request gives the same promise; one that failed is tried anew. */
  address(mxc: MxcUri, size: ThumbnailSize | null): Promise<string> {
    const key = size === null ? mxc : `${mxc} ${size.width}x${size.height} ${size.method ?? ""}`;
    const known = this.#kept.get(key);
    if (known !== undefined) {
      this.#kept.delete(key);
      this.#kept.set(key, known);
      return known.address;
    }
    const picture: Picture = { address: this.#load(mxc, size), bytes: 0 };
    this.#kept.set(key, picture);
    picture.address.then(
      (address) => this.#count(picture, address.length),
      () => this.#kept.delete(key),
    );
    return picture.address;
  }

  async #load(mxc: MxcUri, size: ThumbnailSize | null): Promise<string> {
    const blob = (await this.media.download(mxc, size === null ? {} : { thumbnail: size })) as Blob;
    return dataAddress(blob);
  }

  #count(picture: Picture, bytes: number): void {
    picture.bytes = bytes;
    this.#bytes += bytes;
    for (const [key, oldest] of this.#kept) {
      if (this.#bytes <= CAPACITY || oldest === picture) return;
      this.#kept.delete(key);
      this.#bytes -= oldest.bytes;
    }
  }
}

function dataAddress(blob: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result as string);
    reader.onerror = () => reject(new Error("The picture cannot be read"));
    reader.readAsDataURL(blob);
  });
}
