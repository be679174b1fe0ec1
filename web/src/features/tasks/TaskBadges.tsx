import { SquareCheckBig } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useClient } from "../../app/client";
import { roomRoute } from "../../app/route";
import { useObservable } from "../../app/useObservable";
import { navigate } from "../../app/useRoute";
import { callOf, useLocalName } from "./taskFacts";
import styles from "./TaskBadges.module.css";

/** Under a message: the tasks that were made from it. */
export function TaskBadges({ roomId, eventId }: { roomId: string; eventId: string }) {
  const { t } = useTranslation();
  const localName = useLocalName();
  const badges = useObservable(useClient().tasks.badges(roomId, eventId));
  if (badges.length === 0) return null;
  return (
    <div className={styles.badges}>
      {badges.map((badge) => (
        <button
          key={badge.taskId}
          type="button"
          className={styles.badge}
          title={badge.title}
          aria-label={`${t("tasks.open", { task: callOf(badge) })} · ${localName(badge.status.name)}`}
          onClick={() => navigate(roomRoute(roomId, { kind: "task", taskId: badge.taskId }))}
        >
          <SquareCheckBig size={14} aria-hidden="true" />
          {badge.key === "" ? t("tasks.creating") : badge.key} · {localName(badge.status.name)}
        </button>
      ))}
    </div>
  );
}
