import { localpartOf } from "@team/core";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { useClient } from "../../app/client";
import { useToasts } from "../../ui/Toast";
import { callOf } from "./taskFacts";
import { useProblemText } from "./useProblemText";

/** Says in passing what became of my changes, where it is not just what I did. */
export function useTaskToasts(): void {
  const { t } = useTranslation();
  const { tasks } = useClient();
  const toasts = useToasts();
  const problemText = useProblemText();
  useEffect(
    () =>
      tasks.outbox.onOutcome((outcome) => {
        if (outcome.kind === "merged") {
          const names = outcome.by.map((userId) => tasks.person(userId).getSnapshot().name || localpartOf(userId));
          toasts.tell(t("taskProblem.merged", { task: callOf(outcome.task), names: names.join(", ") }));
        } else if (outcome.kind === "refused" && outcome.problem.kind === "refused") {
          toasts.warn(t("taskProblem.refused", { reason: problemText(outcome.problem.code) }));
        }
      }),
    [tasks, toasts, t, problemText],
  );
}
