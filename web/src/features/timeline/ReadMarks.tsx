import type { ReadMark } from "@team/core";
import { useTranslation } from "react-i18next";
import { Tooltip } from "../../ui/Tooltip";
import { MxcAvatar } from "../media/MxcAvatar";
import styles from "./ReadMarks.module.css";

const shown = 4;

/** Small faces of those who have read up to here. */
export function ReadMarks({ marks }: { marks: readonly ReadMark[] }) {
  const { t, i18n } = useTranslation();
  if (marks.length === 0) return null;
  const newest = [...marks].sort((a, b) => b.ts - a.ts);
  const names = new Intl.ListFormat(i18n.language, { type: "conjunction" }).format(newest.slice(0, 12).map((mark) => mark.name));
  const label =
    marks.length > 12 ? t("timeline.readByCount", { count: marks.length }) : t("timeline.readBy", { names });
  return (
    <Tooltip label={label}>
      <span className={styles.marks} role="img" aria-label={label}>
        {marks.length > shown && <span className={styles.more}>+{marks.length - shown}</span>}
        {newest
          .slice(0, shown)
          .reverse()
          .map((mark) => (
            <MxcAvatar key={mark.userId} id={mark.userId} name={mark.name} mxc={mark.avatar} size={16} className={styles.mark} />
          ))}
      </span>
    </Tooltip>
  );
}
