import { localpartOf, type MxcUri, type UserId } from "../ids";
import type { MemberRecord } from "../rooms/record";

/**
 * The names of a room's members. Source: client-server API, "Calculating the display name for a user":
 * the user id is added when another joined or invited member has the same name.
 */
export class Names {
  readonly #bearers = new Map<string, number>();

  constructor(private readonly members: ReadonlyMap<UserId, MemberRecord>) {
    for (const { displayName, membership } of members.values()) {
      if (displayName === null || (membership !== "join" && membership !== "invite")) continue;
      const name = comparable(displayName);
      this.#bearers.set(name, (this.#bearers.get(name) ?? 0) + 1);
    }
  }

  readonly nameOf = (userId: UserId): string => {
    const displayName = this.members.get(userId)?.displayName ?? null;
    if (displayName === null) return localpartOf(userId);
    return (this.#bearers.get(comparable(displayName)) ?? 0) > 1 ? `${displayName} (${userId})` : displayName;
  };

  readonly avatarOf = (userId: UserId): MxcUri | null => this.members.get(userId)?.avatar ?? null;
}

/** Two names that look alike are the same name. */
function comparable(name: string): string {
  return name.normalize("NFKC").trim().toLowerCase();
}
