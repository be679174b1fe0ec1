import type { FieldValue, Priority } from "@team/core";
import { useTranslation } from "react-i18next";
import { useClient } from "../../app/client";
import { useObservable } from "../../app/useObservable";
import { useDueText, useLocalName, usePersonName } from "./taskFacts";
import { isWhen } from "./useTaskChangeText";

type FieldValueTextProps = { roomId: string; field: string; value: FieldValue };

/** A value of any field, as words: statuses and people by their names. */
export function FieldValueText({ roomId, field, value }: FieldValueTextProps) {
  const { t } = useTranslation();
  const dueText = useDueText();
  const localName = useLocalName();
  const { workflow } = useObservable(useClient().tasks.room(roomId));
  if (value === null || value === "") return <i>{t("decisions.empty")}</i>;
  if (typeof value === "string") {
    if (field === "assignee") return <PersonName userId={value} />;
    if (field === "priority") return <>{t(`priority.${value as Priority}`)}</>;
    const status = field === "status" ? workflow.statuses.find(({ id }) => id === value) : undefined;
    return <>{status === undefined ? value : localName(status.name)}</>;
  }
  if (typeof value !== "object") return <>{String(value)}</>;
  if (isWhen(value)) return <>{dueText(value)}</>;
  if ("text" in value) return <>{`${value.done ? "☑" : "☐"} ${value.text}`}</>;
  return <>{JSON.stringify(value)}</>;
}

function PersonName({ userId }: { userId: string }) {
  return <>{usePersonName(userId)}</>;
}
