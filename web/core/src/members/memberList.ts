import type { UserId } from "../ids";
import type { Member, MemberList } from "../rooms/model";
import { levelOf, roleOf, type Powers } from "../rooms/powers";
import type { MemberRecord } from "../rooms/record";
import type { Names } from "./names";

const ROLES = ["creator", "admin", "moderator", "member"] as const;
const GROUPS: Readonly<Record<Member["membership"], number>> = { join: 0, invite: 1, knock: 2, ban: 3, leave: 4 };

/** Pure. The people of a room, sorted for show; those who left are not among them. */
export function memberList(
  members: ReadonlyMap<UserId, MemberRecord>,
  names: Names,
  powers: Powers,
  me: UserId,
  complete: boolean,
): MemberList {
  const mine = levelOf(powers, me);
  const joined = members.get(me)?.membership === "join";
  const list = [...members.values()]
    .filter(({ membership }) => membership !== "leave")
    .map(({ userId, membership, displayName, avatar }): Member => {
      const level = levelOf(powers, userId);
      const below = joined && userId !== me && level < mine;
      return {
        userId,
        membership,
        name: names.nameOf(userId),
        displayName,
        avatar,
        powerLevel: level,
        role: roleOf(powers, userId),
        own: userId === me,
        can: {
          kick: below && membership !== "ban" && mine >= powers.levels.kick,
          ban: below && membership !== "ban" && mine >= powers.levels.ban,
          unban: below && membership === "ban" && mine >= Math.max(powers.levels.ban, powers.levels.kick),
          setRole: (below || (userId === me && level !== Number.POSITIVE_INFINITY)) && canSetLevels(powers, mine, joined),
        },
      };
    });
  list.sort(
    (a, b) =>
      GROUPS[a.membership] - GROUPS[b.membership] ||
      ROLES.indexOf(a.role) - ROLES.indexOf(b.role) ||
      a.name.localeCompare(b.name) ||
      (a.userId < b.userId ? -1 : 1),
  );
  return { members: list, complete };
}

function canSetLevels(powers: Powers, mine: number, joined: boolean): boolean {
  return joined && mine >= (powers.levels.events["m.room.power_levels"] ?? powers.levels.stateDefault);
}
