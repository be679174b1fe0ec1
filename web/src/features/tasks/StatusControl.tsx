import { may, op, type TaskView } from "@team/core";
import { ChevronDown } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useClient } from "../../app/client";
import { useObservable } from "../../app/useObservable";
import { Menu, MenuItem } from "../../ui/Menu";
import { ReasonDialog } from "./ReasonDialog";
import { StatusMark } from "./StatusMark";
import { callOf, useLocalName } from "./taskFacts";
import styles from "./Status.module.css";

/** The status of a task; a menu of where it may go, for who may bring it there. */
export function StatusControl({ task }: { task: TaskView }) {
  const { t } = useTranslation();
  const client = useClient();
  const localName = useLocalName();
  const { workflow } = useObservable(client.tasks.room(task.room_id));
  const [forcing, setForcing] = useState<string | null>(null);
  const current = workflow.statuses.find(({ id }) => id === task.status);
  const name = current === undefined ? task.status : localName(current.name);
  const category = current?.category ?? task.category;
  const ways = workflow.statuses.filter(({ id }) => may(task, `transition:${id}`) || may(task, `force:${id}`));
  if (ways.length === 0) return <StatusMark category={category} name={name} />;
  const go = (to: string) => {
    if (may(task, `transition:${to}`)) void client.tasks.run(task.id, [op.transition(to)]);
    else setForcing(to);
  };
  return (
    <>
      <Menu
        align="start"
        trigger={
          <button type="button" className={styles.button} aria-label={t("tasks.statusControl", { task: callOf(task), status: name })}>
            <StatusMark category={category} name={name} />
            <ChevronDown size={14} aria-hidden="true" />
          </button>
        }
      >
        {ways.map((status) => (
          <MenuItem key={status.id} onSelect={() => go(status.id)}>
            <StatusMark category={status.category} name={localName(status.name)} />
          </MenuItem>
        ))}
      </Menu>
      {forcing !== null && (
        <ReasonDialog
          title={t("tasks.forceTitle")}
          action={t("tasks.forceAction")}
          onClose={() => setForcing(null)}
          onReason={(reason) => void client.tasks.run(task.id, [op.transition(forcing, { force: true, reason })])}
        />
      )}
    </>
  );
}
