import { may, op, type TaskView } from "@team/core";
import { X } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useClient } from "../../app/client";
import { shortId } from "../../platform/shortId";
import { Button, IconButton } from "../../ui/Button";
import { cx } from "../../ui/cx";
import { TextField } from "../../ui/Field";
import form from "../../ui/Form.module.css";
import styles from "./TaskPanel.module.css";

/** Small steps of a task, to be ticked off. */
export function Checklist({ task }: { task: TaskView }) {
  const { t } = useTranslation();
  const client = useClient();
  const [text, setText] = useState("");
  const mayPut = may(task, "item_put");
  if (task.checklist.length === 0 && !mayPut) return null;
  const add = () => {
    if (text.trim() === "") return;
    const id = shortId();
    void client.tasks.run(task.id, [op.putItem({ id, text: text.trim(), done: false })]);
    setText("");
  };
  return (
    <section aria-label={t("tasks.checklist")}>
      <h3 className={styles.heading}>{t("tasks.checklist")}</h3>
      <ul className={styles.items}>
        {task.checklist.map((item) => (
          <li key={item.id} className={styles.item}>
            <label>
              <input
                type="checkbox"
                checked={item.done}
                disabled={!may(task, "item_check")}
                onChange={(event) => void client.tasks.run(task.id, [op.checkItem(item.id, event.target.checked)])}
              />
              <span className={cx(item.done && styles.checked)}>{item.text}</span>
            </label>
            {may(task, "item_remove") && (
              <IconButton
                size="small"
                label={t("tasks.removeItem", { item: item.text })}
                tooltip={false}
                onClick={() => void client.tasks.run(task.id, [op.removeItem(item.id)])}
              >
                <X size={16} />
              </IconButton>
            )}
          </li>
        ))}
      </ul>
      {mayPut && (
        <form
          className={cx(form.form, styles.newItem)}
          onSubmit={(event) => {
            event.preventDefault();
            add();
          }}
        >
          <TextField label={t("tasks.newItem")} maxLength={300} value={text} onChange={(event) => setText(event.target.value)} />
          {text.trim() !== "" && (
            <Button type="submit" size="small">
              {t("tasks.addItem")}
            </Button>
          )}
        </form>
      )}
    </section>
  );
}
