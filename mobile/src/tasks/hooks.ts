import { localpartOf, type Room, type TaskView } from "@team/core";
import { useMemo } from "react";
import { useWords } from "../i18n";
import { useClient, useObservable } from "../shell/client";

/** Whether this server has a tasks service: without one nothing of tasks is shown. */
export function useTasksPresent(): boolean {
  return useObservable(useClient().session.capabilities).tasksAuthority !== null;
}

export function usePersonName(userId: string): string {
  return useObservable(useClient().tasks.person(userId)).name;
}

export function useOwnUserId(): string {
  const state = useObservable(useClient().session.state);
  return "session" in state ? state.session.userId : "";
}

/** True where I may open a task now. */
export function useMayCreate(roomId: string): boolean {
  const present = useTasksPresent();
  const rules = useObservable(useClient().tasks.room(roomId));
  return present && rules.authority === "ours" && rules.enabled && rules.rights?.create !== false;
}

/** Names of a room's members; of anybody else the user name. */
export function useNamesIn(room: Room): (userId: string) => string {
  const { members } = useObservable(room.members);
  return useMemo(() => {
    const names = new Map(members.map(({ userId, name }) => [userId, name]));
    return (userId) => names.get(userId) ?? localpartOf(userId);
  }, [members]);
}

export interface AssigneeChoice {
  /** Null: nobody. */
  readonly userId: string | null;
  readonly label: string;
}

/** Whom I may assign in a room; "Ask Ivan" where he may decline. Until the service has told: all members. */
export function useAssignees(room: Room): readonly AssigneeChoice[] {
  const { t } = useWords();
  const own = useOwnUserId();
  const nameOf = useNamesIn(room);
  const { members } = useObservable(room.members);
  const { rights, config } = useObservable(useClient().tasks.room(room.roomId));
  return useMemo(() => {
    const joined = members.filter(({ membership, userId }) => membership === "join" && userId !== config?.authority);
    const people = rights?.assignees ?? joined.map(({ userId }) => ({ user_id: userId, mode: "direct" as const }));
    const choices = people.map(({ user_id: userId, mode }) => {
      const name = nameOf(userId);
      return { userId, label: userId === own ? t("tasks.me", { name }) : mode === "request" ? t("tasks.ask", { name }) : name };
    });
    return [{ userId: null, label: t("tasks.nobody") }, ...choices];
  }, [t, nameOf, members, rights, config, own]);
}

/** What the room of a task is called; null while it is not known. My own list is the service's room: its name is ours to say. */
export function usePlace({ kind, room_id: roomId }: TaskView): string | null {
  const { t, roomName } = useWords();
  const summary = useObservable(useClient().rooms.room(roomId).summary);
  if (kind === "personal") return t("tasks.title");
  return summary === null ? null : roomName(summary.name);
}
