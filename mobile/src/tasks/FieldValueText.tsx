import type { FieldValue, Priority } from "@team/core";
import { useWords } from "../i18n";
import { useClient, useObservable } from "../shell/client";
import { Text } from "../ui/Text";
import { dueText, localName } from "./facts";
import { usePersonName } from "./hooks";
import { isWhen } from "./taskChangeText";

interface FieldValueTextProps {
  readonly roomId: string;
  readonly field: string;
  readonly value: FieldValue;
}

/** A value of any field, as words: statuses and people by their names. */
export function FieldValueText({ roomId, field, value }: FieldValueTextProps) {
  const { t, dates, language } = useWords();
  const { workflow } = useObservable(useClient().tasks.room(roomId));
  if (value === null || value === "") return <Text tone="text2">{t("decisions.empty")}</Text>;
  if (typeof value === "string") {
    if (field === "assignee") return <PersonName userId={value} />;
    if (field === "priority") return <Text>{t(`priority.${value as Priority}`)}</Text>;
    const status = field === "status" ? workflow.statuses.find(({ id }) => id === value) : undefined;
    return <Text>{status === undefined ? value : localName(status.name, language)}</Text>;
  }
  if (typeof value !== "object") return <Text>{String(value)}</Text>;
  if (isWhen(value)) return <Text>{dueText(value, t, dates, Date.now())}</Text>;
  if ("text" in value) return <Text>{`${value.done ? "☑" : "☐"} ${value.text}`}</Text>;
  return <Text>{JSON.stringify(value)}</Text>;
}

function PersonName({ userId }: { readonly userId: string }) {
  return <Text>{usePersonName(userId)}</Text>;
}
