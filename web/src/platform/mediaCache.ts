import type { Media, MxcUri, ThumbnailSize } from "@team/core";

type Entry = { url: string | null; failed: boolean; users: number; listeners: Set<() => void> };

const idleEntries = 200;

/**
 * Object URLs of downloaded media, one for each picture and size, however many places show it.
 * Those that nobody shows any more are kept for a while and then revoked, the oldest first.
 */
export class MediaCache {
  readonly #media: Media;
  readonly #entries = new Map<string, Entry>();

  constructor(media: Media) {
    this.#media = media;
  }

  static key(mxc: MxcUri, size: ThumbnailSize | null): string {
    return size === null ? mxc : `${mxc}#${size.width}x${size.height}${size.method ?? ""}`;
  }

  /** The picture if it is there: `url` is null while it loads or when it has failed. */
  peek(mxc: MxcUri, size: ThumbnailSize | null): { url: string | null; failed: boolean } {
    return this.#entries.get(MediaCache.key(mxc, size)) ?? { url: null, failed: false };
  }

  /** Loads it unless that has happened, and calls `listener` when it comes; the answer ends the use. */
  use(mxc: MxcUri, size: ThumbnailSize | null, listener: () => void): () => void {
    const key = MediaCache.key(mxc, size);
    let entry = this.#entries.get(key);
    if (entry === undefined || (entry.failed && entry.users === 0)) {
      entry = { url: null, failed: false, users: 0, listeners: new Set() };
      void this.#load(mxc, size, entry);
    }
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    const used = entry;
    used.users += 1;
    used.listeners.add(listener);
    return () => {
      used.users -= 1;
      used.listeners.delete(listener);
      this.#trim();
    };
  }

  /** The bytes themselves, for saving. */
  async bytes(mxc: MxcUri): Promise<Blob> {
    return (await this.#media.download(mxc)) as Blob;
  }

  async #load(mxc: MxcUri, size: ThumbnailSize | null, entry: Entry): Promise<void> {
    try {
      const blob = await this.#media.download(mxc, size === null ? {} : { thumbnail: size });
      entry.url = URL.createObjectURL(blob as Blob);
    } catch {
      entry.failed = true;
    }
    for (const listener of [...entry.listeners]) listener();
  }

  #trim(): void {
    let idle = [...this.#entries.values()].filter((entry) => entry.users === 0).length;
    for (const [key, entry] of this.#entries) {
      if (idle <= idleEntries) return;
      if (entry.users > 0) continue;
      if (entry.url !== null) URL.revokeObjectURL(entry.url);
      this.#entries.delete(key);
      idle -= 1;
    }
  }
}
