import type { CommandView } from "@team/core";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { useClient } from "../../app/client";
import { useObservable } from "../../app/useObservable";
import { Button } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import { ConflictForm } from "./ConflictForm";
import { TaskText } from "./TaskText";
import { callOf } from "./taskFacts";
import { useFieldName } from "./useTaskChangeText";
import { useProblemText } from "./useProblemText";
import styles from "./Decisions.module.css";

/** My changes that were not accepted: what I wrote and what others wrote, side by side. */
export function DecisionsDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const { outbox } = useClient().tasks;
  const entries = useObservable(outbox.entries).filter(({ problem }) => problem !== null);
  const decided = entries.length === 0;
  useEffect(() => {
    if (decided) onClose();
  }, [decided, onClose]);
  return (
    <Dialog open onClose={onClose} title={t("decisions.title")} size="wide">
      {entries.map((entry) => (
        <Entry key={entry.cmdId} entry={entry} />
      ))}
    </Dialog>
  );
}

function Entry({ entry }: { entry: CommandView }) {
  const { problem } = entry;
  if (problem === null) return null;
  const call = callOf(entry);
  return (
    <section className={styles.entry} aria-label={call}>
      <h3 className={styles.task}>
        <TaskText>{call}</TaskText> {entry.key !== "" && <span className={styles.title}>{entry.title}</span>}
      </h3>
      {problem.kind === "conflict" ? (
        <ConflictForm cmdId={entry.cmdId} roomId={entry.roomId ?? ""} conflicts={problem.conflicts} />
      ) : (
        <Refusal entry={entry} code={problem.code} />
      )}
    </section>
  );
}

/** What was refused stays readable until its author drops it, or says it as a comment instead. */
function Refusal({ entry, code }: { entry: CommandView; code: string }) {
  const { t } = useTranslation();
  const client = useClient();
  const { outbox } = client.tasks;
  const problemText = useProblemText();
  const fieldName = useFieldName();
  const task = useObservable(client.tasks.task(entry.taskId));
  const words = wordsOf(entry);
  const asComment = async (text: string, roomId: string, rootId: string) => {
    await client.rooms.room(roomId).thread(rootId).sendText({ body: text });
    await outbox.discard(entry.cmdId);
  };
  return (
    <>
      <p>{t("taskProblem.refused", { reason: problemText(code) })}</p>
      <p className={styles.who}>{[...new Set(entry.fields.map(fieldName))].join(", ")}</p>
      {words !== "" && <div className={styles.side}>{words}</div>}
      <div className={styles.buttons}>
        <Button size="small" onClick={() => void outbox.retry(entry.cmdId)}>
          {t("common.retry")}
        </Button>
        {words !== "" && task != null && task.event_id !== "" && (
          <Button size="small" onClick={() => void asComment(words, task.room_id, task.event_id)}>
            {t("decisions.asComment")}
          </Button>
        )}
        <Button size="small" look="dangerQuiet" onClick={() => void outbox.discard(entry.cmdId)}>
          {t("decisions.discard")}
        </Button>
      </div>
    </>
  );
}

/** Pure. What a person wrote in a command. */
function wordsOf({ ops }: CommandView): string {
  return ops
    .flatMap((op): string[] => {
      if (op.op === "create") return [op.task.title, op.task.description ?? ""];
      if (op.op === "set" && (op.field === "title" || op.field === "description")) return [op.value ?? ""];
      if (op.op === "item_put") return [op.item.text ?? ""];
      return [];
    })
    .filter((text) => text !== "")
    .join("\n");
}
