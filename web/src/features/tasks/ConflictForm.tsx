import type { FieldConflict, FieldValue, Resolution, When } from "@team/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useClient } from "../../app/client";
import { useDates } from "../../app/useDates";
import { Button } from "../../ui/Button";
import { TextArea, TextField } from "../../ui/Field";
import form from "../../ui/Form.module.css";
import { mergedText } from "./merge";
import { fieldsOfWhen, usePersonName, whenOfFields } from "./taskFacts";
import { isWhen, useFieldName } from "./useTaskChangeText";
import { FieldValueText } from "./FieldValueText";
import styles from "./Decisions.module.css";

type Choice = Resolution[string];
type ConflictFormProps = { cmdId: string; roomId: string; conflicts: readonly FieldConflict[] };

/** Mine or theirs, or something third, for each field. The command goes as one: several fields are sent together. */
export function ConflictForm({ cmdId, roomId, conflicts }: ConflictFormProps) {
  const { t } = useTranslation();
  const { outbox } = useClient().tasks;
  const [choices, setChoices] = useState<Readonly<Record<string, Choice>>>({});
  const several = conflicts.length > 1;
  const choose = (field: string, choice: Choice) => {
    if (several) setChoices((now) => ({ ...now, [field]: choice }));
    else void outbox.resolve(cmdId, { [field]: choice });
  };
  return (
    <>
      {conflicts.map((conflict) => (
        <Sides key={conflict.field} roomId={roomId} conflict={conflict} choice={choices[conflict.field] ?? null} onChoose={(choice) => choose(conflict.field, choice)} />
      ))}
      {several && (
        <div className={styles.buttons}>
          <Button look="primary" disabled={conflicts.some(({ field }) => choices[field] === undefined)} onClick={() => void outbox.resolve(cmdId, choices)}>
            {t("decisions.apply")}
          </Button>
        </div>
      )}
    </>
  );
}

type SidesProps = { roomId: string; conflict: FieldConflict; choice: Choice | null; onChoose: (choice: Choice) => void };

function Sides({ roomId, conflict, choice, onChoose }: SidesProps) {
  const { t } = useTranslation();
  const dates = useDates();
  const name = useFieldName()(conflict.field);
  const author = usePersonName(conflict.theirsBy ?? "");
  const [editing, setEditing] = useState(false);
  const use = choice?.use ?? null;
  const pick = (next: Choice) => {
    setEditing(false);
    onChoose(next);
  };
  return (
    <div className={styles.field} role="group" aria-label={name}>
      <div className={styles.name}>{name}</div>
      <div className={styles.sides}>
        <div className={styles.side} data-chosen={use === "mine" || undefined}>
          <div className={styles.who}>{t("decisions.mine")}</div>
          <div className={styles.value}>
            <FieldValueText roomId={roomId} field={conflict.field} value={conflict.mine} />
          </div>
        </div>
        <div className={styles.side} data-chosen={use === "theirs" || undefined}>
          <div className={styles.who}>
            {t("decisions.theirs")}
            {conflict.theirsBy !== null && ` · ${author}`}
            {conflict.theirsAt !== null && `, ${dates.dateTime(conflict.theirsAt)}`}
          </div>
          <div className={styles.value}>
            <FieldValueText roomId={roomId} field={conflict.field} value={conflict.theirs} />
          </div>
        </div>
      </div>
      {editing ? (
        <Third conflict={conflict} label={name} onCancel={() => setEditing(false)} onValue={(value) => pick({ use: "value", value })} />
      ) : (
        <div className={styles.buttons}>
          <Button size="small" aria-pressed={use === "mine"} look={use === "mine" ? "primary" : "secondary"} onClick={() => pick({ use: "mine" })}>
            {t("decisions.keepMine")}
          </Button>
          <Button size="small" aria-pressed={use === "theirs"} look={use === "theirs" ? "primary" : "secondary"} onClick={() => pick({ use: "theirs" })}>
            {t("decisions.takeTheirs")}
          </Button>
          {isEditable(conflict) && (
            <Button size="small" aria-pressed={use === "value"} look={use === "value" ? "primary" : "ghost"} onClick={() => setEditing(true)}>
              {t("decisions.edit")}
            </Button>
          )}
          {choice?.use === "value" && (
            <span className={styles.value}>
              <FieldValueText roomId={roomId} field={conflict.field} value={choice.value} />
            </span>
          )}
        </div>
      )}
    </div>
  );
}

function isEditable({ field, mine }: FieldConflict): boolean {
  return field === "title" || field === "description" || (field === "due" && (mine === null || isWhen(mine)));
}

type ThirdProps = { conflict: FieldConflict; label: string; onCancel: () => void; onValue: (value: FieldValue) => void };

/** Another value than mine and theirs; of texts, both joined to begin with. */
function Third({ conflict, label, onCancel, onValue }: ThirdProps) {
  const { t } = useTranslation();
  const { field, before, mine, theirs } = conflict;
  const text = (value: FieldValue) => (typeof value === "string" ? value : "");
  const [words, setWords] = useState(() => (field === "description" ? mergedText(text(before), text(mine), text(theirs)) : text(mine)));
  const [when, setWhen] = useState(() => fieldsOfWhen(isWhen(mine ?? undefined) ? (mine as When) : null));
  const value: FieldValue = field === "due" ? whenOfFields(when.date, when.time) : words.trim() === "" ? null : words.trim();
  return (
    <form
      className={form.form}
      onSubmit={(event) => {
        event.preventDefault();
        onValue(value);
      }}
    >
      {field === "due" && (
        <div className={form.row}>
          <TextField label={t("tasks.due")} type="date" autoFocus value={when.date} onChange={(event) => setWhen({ ...when, date: event.target.value })} />
          <TextField
            label={t("tasks.dueTime")}
            optional
            type="time"
            disabled={when.date === ""}
            value={when.time}
            onChange={(event) => setWhen({ ...when, time: event.target.value })}
          />
        </div>
      )}
      {field === "title" && <TextField label={label} autoFocus maxLength={255} value={words} onChange={(event) => setWords(event.target.value)} />}
      {field === "description" && <TextArea label={label} autoFocus rows={6} maxLength={8000} value={words} onChange={(event) => setWords(event.target.value)} />}
      <div className={styles.buttons}>
        <Button type="submit" size="small" look="primary" disabled={field === "title" && value === null}>
          {t("decisions.use")}
        </Button>
        <Button size="small" look="ghost" onClick={onCancel}>
          {t("common.cancel")}
        </Button>
      </div>
    </form>
  );
}
