import type { Room } from "@team/core";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { useClient } from "../../app/client";
import { useObservable } from "../../app/useObservable";
import { useNamesIn } from "./taskFacts";

export type Option = { readonly value: string; readonly label: string };

/**
 * Whom I may assign in a room, as the service says; "Ask Ivan" where he may decline. Before it has told,
 * all members: the service decides.
 */
export function useAssigneeOptions(room: Room, own: string): Option[] {
  const { t } = useTranslation();
  const nameOf = useNamesIn(room);
  const { members } = useObservable(room.members);
  const { rights, config } = useObservable(useClient().tasks.room(room.roomId));
  return useMemo(() => {
    const joined = members.filter(({ membership, userId }) => membership === "join" && userId !== config?.authority);
    const people = rights?.assignees ?? joined.map(({ userId }) => ({ user_id: userId, mode: "direct" as const }));
    const options = people.map(({ user_id: userId, mode }) => {
      const name = nameOf(userId);
      const label = userId === own ? t("tasks.me", { name }) : mode === "request" ? t("tasks.ask", { name }) : name;
      return { value: userId, label };
    });
    return [{ value: "", label: t("tasks.nobody") }, ...options];
  }, [t, nameOf, members, rights, config, own]);
}
