import type { CommandProblem, FieldConflict, TaskView } from "@team/core";
import { View } from "react-native";
import { useWords } from "../i18n";
import { useClient } from "../shell/client";
import { radius, space, themed } from "../theme";
import { Button } from "../ui/Button";
import { Text } from "../ui/Text";
import { usePersonName } from "./hooks";
import { problemText } from "./problemText";
import { fieldName, valueText } from "./taskChangeText";

const useStyles = themed((palette) => ({
  problem: { gap: space.m, padding: space.m, borderRadius: radius.m, borderWidth: 1, borderColor: palette.danger, backgroundColor: palette.surface },
  side: { gap: 2, padding: space.m, borderRadius: radius.s, backgroundColor: palette.sunken },
  buttons: { flexDirection: "row", flexWrap: "wrap", gap: space.m },
}));

/** What stands between my changes and a task: I decide. */
export function Problems({ task }: { readonly task: TaskView }) {
  return task.mark.problems.map((problem) => <ProblemView key={problem.cmdId} problem={problem} />);
}

export function ProblemView({ problem }: { readonly problem: CommandProblem }) {
  const { t } = useWords();
  const styles = useStyles();
  const { outbox } = useClient().tasks;
  const { cmdId } = problem;
  if (problem.kind === "refused") {
    return (
      <View style={styles.problem} role="group" aria-label={t("decisions.title")}>
        <Text tone="dangerText">{t("taskProblem.refused", { reason: problemText(problem.code, t) })}</Text>
        <View style={styles.buttons}>
          <Button label={t("common.retry")} onPress={() => void outbox.retry(cmdId)} />
          <Button label={t("decisions.discard")} onPress={() => void outbox.discard(cmdId)} />
        </View>
      </View>
    );
  }
  const one = problem.conflicts.length === 1;
  return (
    <View style={styles.problem} role="group" aria-label={t("decisions.title")}>
      {problem.conflicts.map((conflict) => (
        <Sides key={conflict.field} conflict={conflict} />
      ))}
      <View style={styles.buttons}>
        <Button look="primary" label={t(one ? "decisions.keepMine" : "decisions.keepAllMine")} onPress={() => void outbox.keepMine(cmdId)} />
        <Button label={t(one ? "decisions.takeTheirs" : "decisions.takeAllTheirs")} onPress={() => void outbox.takeTheirs(cmdId)} />
      </View>
    </View>
  );
}

/** One field: mine and theirs. */
function Sides({ conflict }: { readonly conflict: FieldConflict }) {
  const words = useWords();
  const { t, dates } = words;
  const styles = useStyles();
  const author = usePersonName(conflict.theirsBy ?? "");
  const whose = [
    conflict.theirsBy === null ? t("decisions.theirs") : `${t("decisions.theirs")} · ${author}`,
    ...(conflict.theirsAt === null ? [] : [dates.dateTime(conflict.theirsAt)]),
  ];
  return (
    <View style={{ gap: space.s }}>
      <Text look="label">{fieldName(conflict.field, t)}</Text>
      <View style={styles.side}>
        <Text look="tiny" tone="text2">
          {t("decisions.mine")}
        </Text>
        <Text>{valueText(conflict.mine, words)}</Text>
      </View>
      <View style={styles.side}>
        <Text look="tiny" tone="text2">
          {whose.join(", ")}
        </Text>
        <Text>{valueText(conflict.theirs, words)}</Text>
      </View>
    </View>
  );
}
