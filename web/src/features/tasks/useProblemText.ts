import { problemReason } from "@team/core";
import { useCallback } from "react";
import { useTranslation } from "react-i18next";

/** Why the tasks service did not accept something, in the user's language. */
export function useProblemText(): (why: unknown) => string {
  const { t } = useTranslation();
  return useCallback((why) => t(`taskProblem.${problemReason(why)}`), [t]);
}
