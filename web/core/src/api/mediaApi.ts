import { MatrixError } from "./errors";
import { route, type HttpClient } from "./http";
import { number, text } from "./read";
import type { MxcUri } from "../ids";
import type { Media, ThumbnailSize } from "../media/model";
import type { PlatformBlob } from "../platform";

const UPLOAD_TIMEOUT_MS = 30 * 60_000;
const DOWNLOAD_TIMEOUT_MS = 5 * 60_000;

/** The server and media id of an mxc URI; null when it is none. */
export function parseMxc(mxc: MxcUri): { readonly server: string; readonly mediaId: string } | null {
  const found = /^mxc:\/\/([^/]+)\/([A-Za-z0-9_-]+)$/.exec(mxc);
  return found === null ? null : { server: found[1] ?? "", mediaId: found[2] ?? "" };
}

export class MediaApi implements Media {
  readonly #running = new Map<string, Promise<PlatformBlob>>();
  #uploadLimit: Promise<number | null> | null = null;

  constructor(private readonly http: HttpClient) {}

  readonly upload: Media["upload"] = async (blob, options) => {
    const answer = await this.http.json({
      method: "POST",
      path: "/_matrix/media/v3/upload",
      query: { filename: options.name },
      bytes: { blob, mimeType: options.mimeType },
      timeoutMs: UPLOAD_TIMEOUT_MS,
      ...(options.onProgress === undefined ? {} : { onProgress: options.onProgress }),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    });
    const mxc = text(answer["content_uri"]);
    if (mxc === null) throw new MatrixError({ status: 502, errcode: "M_BAD_JSON", message: "The upload has no address" });
    return mxc;
  };

  readonly download: Media["download"] = (mxc, options = {}) => {
    const { thumbnail, signal } = options;
    if (signal !== undefined) return this.#fetch(mxc, thumbnail, signal);
    const key = thumbnail === undefined ? mxc : `${mxc}?${thumbnail.width}x${thumbnail.height}${thumbnail.method ?? ""}`;
    const running = this.#running.get(key);
    if (running !== undefined) return running;
    const started = this.#fetch(mxc, thumbnail, undefined).finally(() => this.#running.delete(key));
    this.#running.set(key, started);
    return started;
  };

  async #fetch(mxc: MxcUri, thumbnail: ThumbnailSize | undefined, signal: AbortSignal | undefined): Promise<PlatformBlob> {
    const parsed = parseMxc(mxc);
    if (parsed === null) throw new MatrixError({ status: 404, errcode: "M_NOT_FOUND", message: "Not a media address" });
    const { server, mediaId } = parsed;
    const common = { method: "GET", timeoutMs: DOWNLOAD_TIMEOUT_MS, ...(signal === undefined ? {} : { signal }) } as const;
    if (thumbnail === undefined) {
      return this.http.blob({ ...common, path: route`/_matrix/client/v1/media/download/${server}/${mediaId}` });
    }
    const { width, height, method } = thumbnail;
    return this.http.blob({
      ...common,
      path: route`/_matrix/client/v1/media/thumbnail/${server}/${mediaId}`,
      query: { width: Math.ceil(width), height: Math.ceil(height), method: method ?? "scale" },
    });
  }

  uploadLimit(): Promise<number | null> {
    this.#uploadLimit ??= this.http
      .json({ method: "GET", path: "/_matrix/client/v1/media/config" })
      .then((answer) => number(answer["m.upload.size"]))
      .catch(() => {
        this.#uploadLimit = null;
        return null;
      });
    return this.#uploadLimit;
  }

  /** Forgets what belongs to a session. */
  reset(): void {
    this.#running.clear();
    this.#uploadLimit = null;
  }
}
