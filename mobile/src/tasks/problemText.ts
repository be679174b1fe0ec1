import { ConnectionError, TaskProblem, type Code } from "@team/core";
import type { Translate } from "../i18n/translate";

/** Why the tasks service did not accept something. */
export function problemText(why: unknown, t: Translate): string {
  if (why instanceof ConnectionError) return t("taskProblem.unavailable");
  const code = why instanceof TaskProblem ? why.code : (why as Code);
  switch (code) {
    case "forbidden":
    case "not_found":
    case "conflict":
    case "transition_not_allowed":
    case "blocked":
    case "invalid":
    case "too_large":
    case "assignee_not_allowed":
    case "assignee_not_member":
    case "limit_exceeded":
    case "tasks_disabled":
    case "unavailable":
      return t(`taskProblem.${code}`);
    case "encrypted_room_not_enabled":
      return t("taskProblem.encrypted");
    case "dependency_missing":
    case "dependency_rejected":
      return t("taskProblem.dependency");
    default:
      return t("taskProblem.unknown");
  }
}
