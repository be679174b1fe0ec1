import type { Member, Room, RoomSummary } from "@team/core";
import { useMemo } from "react";
import { useClient } from "../../app/client";
import { useObservable } from "../../app/useObservable";

/** The user id of this server's tasks service, which is in rooms but is nobody. */
function useService(): string | null {
  return useObservable(useClient().session.capabilities).tasksAuthority;
}

/** How many people are in a room; the tasks service is not one of them. */
export function usePeopleCount(summary: RoomSummary): number {
  const rules = useObservable(useClient().tasks.room(summary.roomId));
  return summary.joinedCount - (rules.authority === "ours" && summary.joinedCount > 1 ? 1 : 0);
}

/** The members of a room that are people. */
export function usePeople(room: Room): readonly Member[] {
  const { members } = useObservable(room.members);
  const service = useService();
  return useMemo(() => members.filter((member) => member.userId !== service), [members, service]);
}
