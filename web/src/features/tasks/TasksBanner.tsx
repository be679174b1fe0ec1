import { CloudAlert, GitMerge } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useClient } from "../../app/client";
import { useObservable } from "../../app/useObservable";
import { Button } from "../../ui/Button";
import { cx } from "../../ui/cx";
import { DecisionsDialog } from "./DecisionsDialog";
import { useTasksPresent } from "./taskFacts";
import { useTaskToasts } from "./useTaskToasts";
import styles from "./TasksBanner.module.css";

/** What concerns tasks everywhere: that their service is away, and changes of mine that need a decision. */
export function TasksBanner() {
  return useTasksPresent() ? (
    <>
      <ServiceBanner />
      <DecisionsBanner />
    </>
  ) : null;
}

function DecisionsBanner() {
  const { t } = useTranslation();
  const count = useObservable(useClient().tasks.outbox.attention);
  const [deciding, setDeciding] = useState(false);
  useTaskToasts();
  return (
    <>
      {count > 0 && (
        <div className={cx(styles.banner, styles.decisions)} role="status">
          <GitMerge size={16} aria-hidden="true" />
          <span>{t("tasks.attention", { count })}</span>
          <Button size="small" look="ghost" className={styles.action} onClick={() => setDeciding(true)}>
            {t("tasks.decide")}
          </Button>
        </div>
      )}
      {deciding && <DecisionsDialog onClose={() => setDeciding(false)} />}
    </>
  );
}

/** Tells when the tasks service is away; a lost network is the other banner's matter. */
function ServiceBanner() {
  const { t } = useTranslation();
  const client = useClient();
  const service = useObservable(client.tasks.service);
  if (service.kind !== "down" || service.reason === "offline") return null;
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
