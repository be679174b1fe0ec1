import { CloudAlert } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useClient } from "../../app/client";
import { useObservable } from "../../app/useObservable";
import { Button } from "../../ui/Button";
import { useTasksPresent } from "./taskFacts";
import styles from "./TasksBanner.module.css";

/** Tells when the tasks service is away; a lost network is the other banner's matter. */
export function TasksBanner() {
  const { t } = useTranslation();
  const client = useClient();
  const present = useTasksPresent();
  const service = useObservable(client.tasks.service);
  if (!present || service.kind !== "down" || service.reason === "offline") return null;
  return (
    <div className={styles.banner} role="status">
      <CloudAlert size={16} aria-hidden="true" />
      <span>{t("tasks.down")}</span>
      <Button size="small" look="ghost" className={styles.action} onClick={() => client.tasks.retryNow()}>
        {t("net.retryNow")}
      </Button>
    </div>
  );
}
