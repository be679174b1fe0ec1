import { problemReason, type CommandProblem, type FieldConflict, type Resolution, type TaskView } from "@team/core";
import { useState } from "react";
import { View } from "react-native";
import { useWords } from "../i18n";
import { useClient } from "../shell/client";
import { radius, space, themed } from "../theme";
import { Button } from "../ui/Button";
import { Text } from "../ui/Text";
import { FieldValueText } from "./FieldValueText";
import { usePersonName } from "./hooks";
import { fieldName } from "./taskChangeText";

const useStyles = themed((palette) => ({
  problem: { gap: space.m, padding: space.m, borderRadius: radius.m, borderWidth: 1, borderColor: palette.danger, backgroundColor: palette.surface },
  side: { gap: 2, padding: space.m, borderRadius: radius.s, backgroundColor: palette.sunken },
  buttons: { flexDirection: "row", flexWrap: "wrap", gap: space.m },
}));

/** What stands between my changes and a task: I decide. */
export function Problems({ task }: { readonly task: TaskView }) {
  return task.mark.problems.map((problem) => <ProblemView key={problem.cmdId} roomId={task.room_id} problem={problem} />);
}

export function ProblemView({ roomId, problem }: { readonly roomId: string; readonly problem: CommandProblem }) {
  const { t } = useWords();
  const styles = useStyles();
  const { outbox } = useClient().tasks;
  const { cmdId } = problem;
  if (problem.kind === "refused") {
    return (
      <View style={styles.problem} role="group" aria-label={t("decisions.title")}>
        <Text tone="dangerText">{t("taskProblem.refused", { reason: t(`taskProblem.${problemReason(problem.code)}`) })}</Text>
        <View style={styles.buttons}>
          <Button label={t("common.retry")} onPress={() => void outbox.retry(cmdId)} />
          <Button label={t("decisions.discard")} onPress={() => void outbox.discard(cmdId)} />
        </View>
      </View>
    );
  }
  return (
    <View style={styles.problem} role="group" aria-label={t("decisions.title")}>
      <Conflicts cmdId={cmdId} roomId={roomId} conflicts={problem.conflicts} />
    </View>
  );
}

type Choice = Resolution[string];

const SIDES = [
  { use: "mine", phrase: "decisions.keepMine" },
  { use: "theirs", phrase: "decisions.takeTheirs" },
] as const;

/** Mine or theirs for each field. The command goes as one: several fields are sent together. */
function Conflicts({ cmdId, roomId, conflicts }: { readonly cmdId: string; readonly roomId: string; readonly conflicts: readonly FieldConflict[] }) {
  const { t } = useWords();
  const { outbox } = useClient().tasks;
  const [choices, setChoices] = useState<Readonly<Record<string, Choice>>>({});
  const several = conflicts.length > 1;
  const choose = (field: string, choice: Choice): void => {
    if (several) setChoices((now) => ({ ...now, [field]: choice }));
    else void outbox.resolve(cmdId, { [field]: choice });
  };
  return (
    <>
      {conflicts.map((conflict) => (
        <Sides key={conflict.field} roomId={roomId} conflict={conflict} choice={choices[conflict.field] ?? null} onChoose={(choice) => choose(conflict.field, choice)} />
      ))}
      {several && (
        <Button
          look="primary"
          label={t("decisions.apply")}
          disabled={conflicts.some(({ field }) => choices[field] === undefined)}
          onPress={() => void outbox.resolve(cmdId, choices)}
        />
      )}
    </>
  );
}

interface SidesProps {
  readonly roomId: string;
  readonly conflict: FieldConflict;
  readonly choice: Choice | null;
  readonly onChoose: (choice: Choice) => void;
}

/** One field: mine and theirs. */
function Sides({ roomId, conflict, choice, onChoose }: SidesProps) {
  const { t, dates } = useWords();
  const styles = useStyles();
  const author = usePersonName(conflict.theirsBy ?? "");
  const whose = [
    conflict.theirsBy === null ? t("decisions.theirs") : `${t("decisions.theirs")} · ${author}`,
    ...(conflict.theirsAt === null ? [] : [dates.dateTime(conflict.theirsAt)]),
  ];
  return (
    <View style={{ gap: space.s }} role="group" aria-label={fieldName(conflict.field, t)}>
      <Text look="label">{fieldName(conflict.field, t)}</Text>
      <View style={styles.side}>
        <Text look="tiny" tone="text2">
          {t("decisions.mine")}
        </Text>
        <FieldValueText roomId={roomId} field={conflict.field} value={conflict.mine} />
      </View>
      <View style={styles.side}>
        <Text look="tiny" tone="text2">
          {whose.join(", ")}
        </Text>
        <FieldValueText roomId={roomId} field={conflict.field} value={conflict.theirs} />
      </View>
      <View style={styles.buttons}>
        {SIDES.map(({ use, phrase }) => (
          <Button key={use} label={t(phrase)} look={choice?.use === use ? "primary" : "secondary"} chosen={choice?.use === use} onPress={() => onChoose({ use })} />
        ))}
      </View>
    </View>
  );
}
