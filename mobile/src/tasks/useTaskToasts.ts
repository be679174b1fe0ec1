import { localpartOf, problemReason } from "@team/core";
import { useEffect } from "react";
import { useWords } from "../i18n";
import { useClient } from "../shell/client";
import { useToast } from "../ui/Toasts";
import { callOf, unbroken } from "./facts";

/** Says in passing what became of my changes, where it is not just what I did. */
export function useTaskToasts(): void {
  const { t } = useWords();
  const { tasks } = useClient();
  const say = useToast();
  useEffect(
    () =>
      tasks.outbox.onOutcome((outcome) => {
        if (outcome.kind === "merged") {
          const names = outcome.by.map((userId) => tasks.person(userId).getSnapshot().name || localpartOf(userId));
          say(unbroken(t("taskProblem.merged", { task: callOf(outcome.task), names: names.join(", ") })));
        } else if (outcome.kind === "refused" && outcome.problem.kind === "refused") {
          say(t("taskProblem.refused", { reason: t(`taskProblem.${problemReason(outcome.problem.code)}`) }));
        }
      }),
    [tasks, say, t],
  );
}
