import { MatrixError } from "../api/errors";
import type { MediaApi } from "../api/mediaApi";
import type { RoomsApi } from "../api/roomsApi";
import type { EventId } from "../ids";
import type { PlatformBlob } from "../platform";
import type { Store } from "../store/store";
import { contentOf, type OutboxEntry, type OutboxRequest } from "./entry";

export interface Transmission {
  readonly signal: AbortSignal;
  progress(fraction: number): void;
  /** Keeps what has been uploaded, so that a retry does not upload it again. */
  uploaded(request: OutboxRequest): Promise<void>;
}

export const THUMBNAIL = ":thumbnail";

/** Turns an entry of the outbox into requests. */
export class Transmitter {
  constructor(
    private readonly rooms: RoomsApi,
    private readonly media: MediaApi,
    private readonly store: Store,
  ) {}

  /** The id of the event; null when the entry makes none. */
  async transmit(entry: OutboxEntry, transmission: Transmission): Promise<EventId | null> {
    const { roomId, txnId, request } = entry;
    const { signal } = transmission;
    switch (request.type) {
      case "event":
        return this.rooms.send(roomId, request.eventType, txnId, request.content, signal);
      case "redaction":
        return this.rooms.redact(roomId, request.target, txnId, request.reason, signal);
      case "receipt":
        if (request.fullyRead) await this.rooms.fullyRead(roomId, request.eventId);
        await this.rooms.receipt(roomId, request.receiptType, request.eventId, request.thread);
        return null;
      case "media": {
        const complete = await this.#uploaded(entry, request, transmission);
        return this.rooms.send(roomId, "m.room.message", txnId, contentOf(complete) ?? {}, signal);
      }
    }
  }

  async #uploaded(
    entry: OutboxEntry,
    request: Extract<OutboxRequest, { type: "media" }>,
    transmission: Transmission,
  ): Promise<OutboxRequest> {
    let { mxc, thumbnail } = request;
    if (thumbnail !== null && thumbnail.mxc === null) {
      const blob = await this.#bytes(entry.txnId + THUMBNAIL);
      const { mimeType } = thumbnail;
      thumbnail = { mimeType, mxc: await this.media.upload(blob, { mimeType, signal: transmission.signal }) };
      await transmission.uploaded({ ...request, thumbnail });
    }
    if (mxc === null) {
      mxc = await this.media.upload(await this.#bytes(entry.txnId), {
        mimeType: request.mimeType,
        name: request.name,
        signal: transmission.signal,
        onProgress: (fraction) => transmission.progress(fraction),
      });
      await transmission.uploaded({ ...request, thumbnail, mxc });
    }
    return { ...request, thumbnail, mxc };
  }

  async #bytes(key: string): Promise<PlatformBlob> {
    const blob = await this.store.get<PlatformBlob>("blobs", key);
    if (blob === undefined) {
      throw new MatrixError({ status: 400, errcode: "FILE_GONE", message: "The file is no longer on this device" });
    }
    return blob;
  }
}
