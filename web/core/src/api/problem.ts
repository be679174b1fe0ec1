import type { Code, Conflict, Fault } from "../tasks/contracts";
import { MatrixError } from "./errors";
import { at, list, number, text, type Json } from "./read";

/**
 * A refusal of the tasks service (`application/problem+json`). It is a MatrixError whose `errcode` is the
 * service's `code`, so that whatever treats errors by status and code treats this one too.
 */
export class TaskProblem extends MatrixError {
  readonly code: Code;
  readonly conflicts: readonly Conflict[];
  /** What is wrong with the request, by JSON pointer. */
  readonly errors: readonly Fault[];
  /** The task's present revision, where the service tells it. */
  readonly currentRev: number | null;

  constructor(fields: {
    status: number;
    code: Code;
    message: string;
    conflicts?: readonly Conflict[];
    errors?: readonly Fault[];
    currentRev?: number | null;
    retryAfterMs?: number | null;
    body?: Readonly<Record<string, unknown>>;
  }) {
    super({
      status: fields.status,
      errcode: fields.code,
      message: fields.message,
      retryAfterMs: fields.retryAfterMs ?? null,
      body: fields.body ?? {},
    });
    this.code = fields.code;
    this.conflicts = fields.conflicts ?? [];
    this.errors = fields.errors ?? [];
    this.currentRev = fields.currentRev ?? null;
  }
}

/** Pure. The problem that a body tells; null when it tells none. */
export function problemOf(status: number, body: Json, retryAfterMs: number | null): TaskProblem | null {
  const code = text(body["code"]);
  if (code === null || body["errcode"] !== undefined) return null;
  const seconds = number(body["retry_after"]);
  return new TaskProblem({
    status,
    code: code as Code,
    message: text(body["detail"]) ?? text(body["title"]) ?? `The tasks service answered ${status}`,
    conflicts: list(body["conflicts"]) as readonly Conflict[],
    errors: list(body["errors"]) as readonly Fault[],
    currentRev: number(at(body, "current", "rev")),
    retryAfterMs: seconds === null ? retryAfterMs : seconds * 1000,
    body,
  });
}
