import type { Status, Workflow } from "@team/core";
import { Plus, Trash2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button, IconButton } from "../../ui/Button";
import { cx } from "../../ui/cx";
import { SelectField, TextField } from "../../ui/Field";
import { NameFields } from "./NameFields";
import { mayDrop, withoutStatus, withStatus } from "./ruleDraft";
import { StatusMark } from "./StatusMark";
import { useLocalName } from "./taskFacts";
import styles from "./TaskRules.module.css";

const categories: readonly Status["category"][] = ["todo", "doing", "review", "done", "cancelled"];
const most = 12;

/** The statuses of a room: what they are called, how many tasks should stand there, and which there are. */
export function StatusesEditor({ workflow, onWorkflow }: { workflow: Workflow; onWorkflow: (workflow: Workflow) => void }) {
  const { t } = useTranslation();
  const localName = useLocalName();
  const [kind, setKind] = useState<Status["category"]>("doing");
  const change = (id: string, part: (status: Status) => Status) =>
    onWorkflow({ ...workflow, statuses: workflow.statuses.map((each) => (each.id === id ? part(each) : each)) });
  return (
    <section aria-label={t("taskRules.statuses")}>
      <h3 className={styles.heading}>{t("taskRules.statuses")}</h3>
      <ul className={styles.list}>
        {workflow.statuses.map((status) => {
          const name = localName(status.name) || t("taskRules.newStatus");
          return (
            <li key={status.id} className={cx(styles.row, styles.status)} aria-label={name}>
              <span className={styles.mark}>
                <StatusMark category={status.category} name="" />
              </span>
              <NameFields name={status.name} onName={(next) => change(status.id, (each) => ({ ...each, name: next }))} />
              <TextField
                label={t("taskRules.limit")}
                type="number"
                inputMode="numeric"
                className={styles.limit}
                min={1}
                max={1000}
                placeholder="∞"
                value={status.wip ?? ""}
                onChange={(event) => {
                  const limit = Math.min(1000, Math.floor(event.target.valueAsNumber));
                  change(status.id, ({ wip: _, ...rest }) => (limit >= 1 ? { ...rest, wip: limit } : rest));
                }}
              />
              {mayDrop(workflow, status) && (
                <IconButton
                  label={t("taskRules.removeStatus", { status: name })}
                  tooltip={false}
                  onClick={() => onWorkflow(withoutStatus(workflow, status.id))}
                >
                  <Trash2 size={17} />
                </IconButton>
              )}
            </li>
          );
        })}
      </ul>
      {workflow.statuses.length < most && (
        <div className={styles.add}>
          <SelectField
            label={t("taskRules.kind")}
            value={kind}
            onValue={(value) => setKind(value as Status["category"])}
            options={categories.map((value) => ({ value, label: t(`taskRules.category.${value}`) }))}
          />
          <Button icon={<Plus size={16} />} onClick={() => onWorkflow(withStatus(workflow, { en: "" }, kind))}>
            {t("taskRules.newStatus")}
          </Button>
        </div>
      )}
    </section>
  );
}
