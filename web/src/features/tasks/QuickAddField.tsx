import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { TextField } from "../../ui/Field";
import { QuickAddPreview } from "./QuickAddPreview";
import { useCreateFromLine, useReading } from "./useQuickAdd";
import styles from "./TaskList.module.css";

/** One line that becomes a task; without a room it is my own. */
export function QuickAddField({ roomId }: { roomId?: string }) {
  const { t } = useTranslation();
  const [line, setLine] = useState("");
  const reading = useReading(line, roomId);
  const create = useCreateFromLine();
  const busy = useRef(false);
  return (
    <form
      className={styles.quick}
      onSubmit={(event) => {
        event.preventDefault();
        if (busy.current) return;
        busy.current = true;
        const said = line;
        void create(said, roomId)
          .then((created) => created && setLine((now) => (now === said ? "" : now)))
          .finally(() => {
            busy.current = false;
          });
      }}
    >
      <TextField
        label={t("tasks.new")}
        placeholder={t("tasks.quick")}
        autoComplete="off"
        data-new-task
        maxLength={500}
        value={line}
        onChange={(event) => setLine(event.target.value)}
      />
      {line.trim() !== "" && <QuickAddPreview reading={reading} />}
    </form>
  );
}
