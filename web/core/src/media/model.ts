import type { MxcUri } from "../ids";
import type { PlatformBlob } from "../platform";

export interface ThumbnailSize {
  /** Device pixels. */
  readonly width: number;
  readonly height: number;
  readonly method?: "crop" | "scale";
}

export interface Media {
  /** Uploads bytes at once (avatars); messages upload through the outbox instead. */
  upload(
    blob: PlatformBlob,
    options: { readonly mimeType: string; readonly name?: string; readonly onProgress?: (fraction: number) => void; readonly signal?: AbortSignal },
  ): Promise<MxcUri>;
  /** The bytes, fetched with the session's token; the same request at the same time is made once. */
  download(mxc: MxcUri, options?: { readonly thumbnail?: ThumbnailSize; readonly signal?: AbortSignal }): Promise<PlatformBlob>;
  /** Largest upload the server takes, in bytes; null when unknown. */
  uploadLimit(): Promise<number | null>;
}
