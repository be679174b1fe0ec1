import { type CommandView, type FieldConflict, type FieldValue } from "@team/core";
import { useTranslation } from "react-i18next";
import { useClient } from "../../app/client";
import { useDates } from "../../app/useDates";
import { useObservable } from "../../app/useObservable";
import { Button } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import { callOf, useDueText, usePersonName } from "./taskFacts";
import { isWhen, useFieldName } from "./useTaskChangeText";
import { useProblemText } from "./useProblemText";
import styles from "./Decisions.module.css";

/** My changes that were not accepted: what I wrote and what others wrote, side by side. */
export function DecisionsDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const { outbox } = useClient().tasks;
  const entries = useObservable(outbox.entries).filter(({ problem }) => problem !== null);
  return (
    <Dialog open onClose={onClose} title={t("decisions.title")} size="wide">
      {entries.length === 0 && <p>{t("decisions.none")}</p>}
      {entries.map((entry) => (
        <Entry key={entry.cmdId} entry={entry} />
      ))}
    </Dialog>
  );
}

function Entry({ entry }: { entry: CommandView }) {
  const { t } = useTranslation();
  const { outbox } = useClient().tasks;
  const problemText = useProblemText();
  const fieldName = useFieldName();
  const { problem } = entry;
  if (problem === null) return null;
  const call = callOf(entry);
  return (
    <section className={styles.entry} aria-label={call}>
      <h3 className={styles.task}>
        {call} {entry.key !== "" && <span className={styles.title}>{entry.title}</span>}
      </h3>
      {problem.kind === "conflict" ? (
        problem.conflicts.map((conflict) => <Sides key={conflict.field} cmdId={entry.cmdId} conflict={conflict} all={problem.conflicts} />)
      ) : (
        <>
          <p>{t("taskProblem.refused", { reason: problemText(problem.code) })}</p>
          <p className={styles.who}>{[...new Set(entry.fields.map(fieldName))].join(", ")}</p>
          <div className={styles.buttons}>
            <Button size="small" onClick={() => void outbox.retry(entry.cmdId)}>
              {t("common.retry")}
            </Button>
            <Button size="small" look="dangerQuiet" onClick={() => void outbox.discard(entry.cmdId)}>
              {t("decisions.discard")}
            </Button>
          </div>
        </>
      )}
    </section>
  );
}

type SidesProps = { cmdId: string; conflict: FieldConflict; all: readonly FieldConflict[] };

/** One field: mine and theirs. The command goes as one, so the last choice sends it. */
function Sides({ cmdId, conflict, all }: SidesProps) {
  const { t } = useTranslation();
  const { outbox } = useClient().tasks;
  const dates = useDates();
  const fieldName = useFieldName();
  const show = useValueText();
  const author = usePersonName(conflict.theirsBy ?? "");
  const name = fieldName(conflict.field);
  const only = all.length === 1;
  return (
    <div className={styles.field} role="group" aria-label={name}>
      <div className={styles.name}>{name}</div>
      <div className={styles.sides}>
        <div className={styles.side}>
          <div className={styles.who}>{t("decisions.mine")}</div>
          <div className={styles.value}>{show(conflict.mine)}</div>
        </div>
        <div className={styles.side}>
          <div className={styles.who}>
            {t("decisions.theirs")}
            {conflict.theirsBy !== null && ` · ${author}`}
            {conflict.theirsAt !== null && `, ${dates.dateTime(conflict.theirsAt)}`}
          </div>
          <div className={styles.value}>{show(conflict.theirs)}</div>
        </div>
      </div>
      {(only || conflict === all.at(-1)) && (
        <div className={styles.buttons}>
          <Button size="small" look="primary" onClick={() => void outbox.keepMine(cmdId)}>
            {t(only ? "decisions.keepMine" : "decisions.keepAllMine")}
          </Button>
          <Button size="small" onClick={() => void outbox.takeTheirs(cmdId)}>
            {t(only ? "decisions.takeTheirs" : "decisions.takeAllTheirs")}
          </Button>
        </div>
      )}
    </div>
  );
}

/** A value of any field, as words. */
function useValueText(): (value: FieldValue) => string {
  const { t } = useTranslation();
  const dueText = useDueText();
  return (value) => {
    if (value === null || value === "") return t("decisions.empty");
    if (typeof value !== "object") return String(value);
    if (isWhen(value)) return dueText(value);
    if ("text" in value) return String(value.text);
    if ("state" in value) return String(value.state);
    return JSON.stringify(value);
  };
}
