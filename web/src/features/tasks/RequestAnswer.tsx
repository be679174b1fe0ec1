import { may, op, type TaskView } from "@team/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useClient } from "../../app/client";
import { Button } from "../../ui/Button";
import { ReasonDialog } from "./ReasonDialog";

/** Accept or decline, for whom it is asked. */
export function RequestAnswer({ task }: { task: TaskView }) {
  const { t } = useTranslation();
  const client = useClient();
  const [declining, setDeclining] = useState(false);
  return (
    <>
      {may(task, "accept") && (
        <Button size="small" look="primary" onClick={() => void client.tasks.run(task.id, [op.accept()])}>
          {t("tasks.accept")}
        </Button>
      )}
      {may(task, "decline") && (
        <Button size="small" onClick={() => setDeclining(true)}>
          {t("tasks.decline")}
        </Button>
      )}
      {declining && (
        <ReasonDialog
          title={t("tasks.declineTitle")}
          action={t("tasks.decline")}
          onClose={() => setDeclining(false)}
          onReason={(reason) => void client.tasks.run(task.id, [op.decline(reason)])}
        />
      )}
    </>
  );
}
