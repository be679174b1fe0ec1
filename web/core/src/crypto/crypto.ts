import type { RawEvent } from "../api/wire";
import type { RoomId, UserId } from "../ids";

/**
 * End-to-end encryption, to be filled by a platform later. Without one, `m.room.encrypted` is shown
 * as an encrypted message, and sending into an encrypted room is refused.
 */
export interface Crypto {
  /** The event inside; null when its key is not here (yet). */
  decrypt(roomId: RoomId, event: RawEvent): Promise<RawEvent | null>;
  /** What to send instead of this content. */
  encrypt(roomId: RoomId, members: readonly UserId[], type: string, content: Readonly<Record<string, unknown>>): Promise<{
    readonly type: string;
    readonly content: Readonly<Record<string, unknown>>;
  }>;
  /** To-device messages, device list changes and one-time key counts of one sync answer, before its events. */
  receiveSync(part: {
    readonly toDevice: readonly RawEvent[];
    readonly changedUsers: readonly UserId[];
    readonly leftUsers: readonly UserId[];
    readonly oneTimeKeyCounts: Readonly<Record<string, number>>;
  }): Promise<void>;
}
