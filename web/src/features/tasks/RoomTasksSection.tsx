import type { Room } from "@team/core";
import { SlidersHorizontal } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useClient } from "../../app/client";
import { useObservable } from "../../app/useObservable";
import { Button } from "../../ui/Button";
import styles from "./TaskRules.module.css";
import { TaskRulesDialog } from "./TaskRulesDialog";
import { useTasksPresent } from "./taskFacts";

/** Among a room's settings: those of its tasks, for whom the service says may change them. */
export function RoomTasksSection({ room }: { room: Room }) {
  const { t } = useTranslation();
  const present = useTasksPresent();
  const { authority, rights } = useObservable(useClient().tasks.room(room.roomId));
  const [changing, setChanging] = useState(false);
  if (!present || authority !== "ours" || rights?.configure !== true) return null;
  return (
    <section aria-label={t("tasks.nav")}>
      <h3 className={styles.heading}>{t("tasks.nav")}</h3>
      <Button wide icon={<SlidersHorizontal size={17} />} onClick={() => setChanging(true)}>
        {t("taskRules.open")}
      </Button>
      {changing && <TaskRulesDialog room={room} onClose={() => setChanging(false)} />}
    </section>
  );
}
