import type { AccountApi } from "../api/accountApi";
import { localpartOf, type UserId } from "../ids";
import { Value } from "../observable";
import type { MemberRecord } from "../rooms/record";
import type { RoomRecords } from "../rooms/roomRecords";
import { storeKey } from "../store/keys";
import type { Store } from "../store/store";
import type { KnownPerson } from "./model";

/** Names for user ids, wherever they were met: in a room, else by their profile. */
export class People {
  readonly #people = new Map<UserId, Value<KnownPerson>>();
  readonly #asked = new Set<UserId>();

  constructor(
    private readonly accounts: AccountApi,
    private readonly records: RoomRecords,
    private readonly store: Store,
  ) {}

  person(userId: UserId): Value<KnownPerson> {
    let value = this.#people.get(userId);
    if (value === undefined) {
      value = new Value<KnownPerson>({ userId, name: localpartOf(userId), avatar: null }, (observed) => {
        if (observed) void this.#find(userId);
      });
      this.#people.set(userId, value);
    }
    return value;
  }

  /** Those not found are looked for again: the connection is back, or somebody else is signed in. */
  reset(): void {
    this.#asked.clear();
  }

  async #find(userId: UserId): Promise<void> {
    if (this.#asked.has(userId)) return;
    this.#asked.add(userId);
    const rooms = [...this.records.all()].filter(({ membership }) => membership === "join");
    const rows = await this.store.getMany<MemberRecord>("members", rooms.map(({ roomId }) => storeKey(roomId, userId)));
    const met = rows.find((row) => row !== undefined && row.displayName !== null);
    if (met !== undefined) {
      this.#know(userId, met.displayName, met.avatar);
      return;
    }
    try {
      const profile = await this.accounts.profile(userId);
      if (profile !== null) this.#know(userId, profile.displayName, profile.avatar);
    } catch {
      this.#asked.delete(userId);
    }
  }

  #know(userId: UserId, displayName: string | null, avatar: string | null): void {
    this.person(userId).set({ userId, name: displayName ?? localpartOf(userId), avatar });
  }
}
