import type { ChangeItem } from "@team/core";
import { ChevronDown } from "lucide-react";
import { memo, useState } from "react";
import { useTranslation } from "react-i18next";
import { useDates } from "../../app/useDates";
import { cx } from "../../ui/cx";
import { ReadMarks } from "./ReadMarks";
import { useChangeText } from "./useChangeText";
import styles from "./ChangesRow.module.css";

/** More than this many changes in a row are folded. */
const foldAbove = 3;

/** What happened to the room between messages: who came, who left, what was renamed. */
export const ChangesRow = memo(function ChangesRow({ items }: { items: readonly ChangeItem[] }) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  const folds = items.length > foldAbove;
  const readBy = items.flatMap((item) => item.readBy);
  return (
    <div className={styles.changes} data-row={items[0]?.key}>
      <div className={styles.lines}>
        {folds && (
          <button type="button" className={styles.fold} aria-expanded={open} onClick={() => setOpen(!open)}>
            {open ? t("timeline.hideChanges") : t("timeline.changes", { count: items.length })}
            <ChevronDown size={14} className={cx(!open && styles.turned)} aria-hidden="true" />
          </button>
        )}
        {(!folds || open) && items.map((item) => <ChangeLine key={item.key} item={item} />)}
      </div>
      <ReadMarks marks={readBy} />
    </div>
  );
});

function ChangeLine({ item }: { item: ChangeItem }) {
  const text = useChangeText();
  const dates = useDates();
  return (
    <p className={styles.line} title={dates.full(item.ts)}>
      {text(item)}
    </p>
  );
}
