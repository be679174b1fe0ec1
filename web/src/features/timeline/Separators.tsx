import { memo } from "react";
import { useTranslation } from "react-i18next";
import { useDates } from "../../app/useDates";
import styles from "./Separators.module.css";

export const DayRow = memo(function DayRow({ rowKey, ts }: { rowKey: string; ts: number }) {
  const dates = useDates();
  return (
    <div className={styles.day} data-row={rowKey} role="separator" aria-label={dates.day(ts)}>
      <time dateTime={new Date(ts).toISOString().slice(0, 10)}>{dates.day(ts)}</time>
    </div>
  );
});

export function UnreadRow({ rowKey }: { rowKey: string }) {
  const { t } = useTranslation();
  return (
    <div className={styles.unread} data-row={rowKey} role="separator" aria-label={t("timeline.newMessages")}>
      <span>{t("timeline.newMessages")}</span>
    </div>
  );
}
