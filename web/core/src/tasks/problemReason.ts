import { ConnectionError } from "../api/errors";
import { TaskProblem } from "../api/problem";
import type { Code } from "./contracts";

/** What a person is told of a refusal: each has one sentence in every language, under `taskProblem`. */
const reasons = [
  "forbidden",
  "not_found",
  "conflict",
  "transition_not_allowed",
  "blocked",
  "invalid",
  "too_large",
  "assignee_not_allowed",
  "assignee_not_member",
  "limit_exceeded",
  "tasks_disabled",
  "unavailable",
] as const;

export type ProblemReason = (typeof reasons)[number] | "encrypted" | "dependency" | "unknown";

/** Pure. Why the tasks service did not accept something: of what a call threw, or of a refusal's code. */
export function problemReason(why: unknown): ProblemReason {
  if (why instanceof ConnectionError) return "unavailable";
  const code = why instanceof TaskProblem ? why.code : (why as Code);
  if (code === "encrypted_room_not_enabled") return "encrypted";
  if (code === "dependency_missing" || code === "dependency_rejected") return "dependency";
  return reasons.find((reason) => reason === code) ?? "unknown";
}
