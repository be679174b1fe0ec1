import { useTranslation } from "react-i18next";
import { Tag } from "../../ui/Badge";
import { useDueText, usePersonName } from "./taskFacts";
import type { Reading } from "./useQuickAdd";
import styles from "./QuickAdd.module.css";

/** How a line will be taken: title, person, date, priority, labels. */
export function QuickAddPreview({ reading }: { reading: Reading }) {
  const { t } = useTranslation();
  const dueText = useDueText();
  const { parsed, failed } = reading;
  return (
    <div className={styles.preview} role="status" aria-label={t("tasks.previewTitle")}>
      {failed && <span>{t("tasks.previewFailed")}</span>}
      {parsed !== null && (
        <>
          <b className={styles.title}>{parsed.title === "" ? t("tasks.previewEmpty") : parsed.title}</b>
          {parsed.assigned_to !== undefined && <Person userId={parsed.assigned_to} />}
          {parsed.due !== undefined && (
            <Tag tone={parsed.hints.due_ambiguous ? "warning" : "accent"}>{t("tasks.dueOn", { when: parsed.hints.due_text ?? dueText(parsed.due) })}</Tag>
          )}
          {parsed.priority !== undefined && <Tag tone="accent">{t(`priority.${parsed.priority}`)}</Tag>}
          {parsed.labels?.map((label) => (
            <Tag key={label}>#{label}</Tag>
          ))}
          {parsed.hints.unknown_people.length > 0 && (
            <Tag tone="warning">{t("tasks.previewUnknown", { names: parsed.hints.unknown_people.join(", ") })}</Tag>
          )}
        </>
      )}
      <span className={styles.key}>{t("tasks.previewKey")}</span>
    </div>
  );
}

function Person({ userId }: { userId: string }) {
  return <Tag tone="accent">@{usePersonName(userId)}</Tag>;
}
