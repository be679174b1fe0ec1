import type { RoomsApi } from "../api/roomsApi";
import type { RoomId, UserId } from "../ids";
import type { Platform } from "../platform";

/** The server shows us as typing for this long; we say it again in time, and take it back when idle. */
const SHOWN_MS = 30_000;
const REPEAT_MS = 20_000;
const IDLE_MS = 6_000;

/** Tells a room that I am typing, with few requests however fast I type. */
export class TypingNotifier {
  #saidAt: number | null = null;
  #cancelIdle: () => void = () => undefined;

  constructor(
    private readonly roomId: RoomId,
    private readonly api: RoomsApi,
    private readonly platform: Platform,
    private readonly now: () => number,
    private readonly me: () => UserId,
  ) {}

  keyStroke(): void {
    this.#cancelIdle();
    this.#cancelIdle = this.platform.setTimer(IDLE_MS, () => this.stop());
    if (this.#saidAt !== null && this.now() - this.#saidAt < REPEAT_MS) return;
    this.#saidAt = this.now();
    this.#tell(SHOWN_MS);
  }

  stop(): void {
    this.#cancelIdle();
    if (this.#saidAt === null) return;
    this.#saidAt = null;
    this.#tell(null);
  }

  #tell(timeoutMs: number | null): void {
    // Lost ones do not matter: the next key stroke or the time limit mends it.
    this.api.typing(this.roomId, this.me(), timeoutMs).catch(() => undefined);
  }
}
