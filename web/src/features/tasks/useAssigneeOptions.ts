import type { Room } from "@team/core";
import { useEffect, useMemo } from "react";
import { useTranslation } from "react-i18next";
import { useClient } from "../../app/client";
import { useObservable } from "../../app/useObservable";
import { useNamesIn } from "./taskFacts";

export type Option = { readonly value: string; readonly label: string };

/**
 * Whom I may assign in a room, as the service says; "Ask Ivan" where he may decline. Before it has told,
 * nobody but me.
 */
export function useAssigneeOptions(room: Room, own: string): Option[] {
  const { t } = useTranslation();
  const nameOf = useNamesIn(room);
  const { tasks } = useClient();
  const { rights } = useObservable(tasks.room(room.roomId));
  useEffect(() => tasks.renewRights(room.roomId), [tasks, room.roomId]);
  return useMemo(() => {
    const people = rights?.assignees ?? [{ user_id: own, mode: "direct" as const }];
    const options = people.map(({ user_id: userId, mode }) => {
      const name = nameOf(userId);
      const label = userId === own ? t("tasks.me", { name }) : mode === "request" ? t("tasks.ask", { name }) : name;
      return { value: userId, label };
    });
    return [{ value: "", label: t("tasks.nobody") }, ...options];
  }, [t, nameOf, rights, own]);
}
