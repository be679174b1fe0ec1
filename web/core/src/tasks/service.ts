import { AbortedError, ConnectionError, MatrixError } from "../api/errors";
import { TaskProblem } from "../api/problem";
import { Value, type Observable } from "../observable";
import type { TaskService } from "./model";

const UNKNOWN: TaskService = { kind: "unknown" };
const ABSENT: TaskService = { kind: "absent" };
const UP: TaskService = { kind: "up" };

/** What the answers to our requests say about the tasks service. */
export class ServiceState {
  readonly #value = new Value<TaskService>(UNKNOWN);
  readonly state: Observable<TaskService> = this.#value;

  constructor(
    private readonly now: () => number,
    /** It answers again after a time without. */
    private readonly back: () => void,
  ) {}

  get isAbsent(): boolean {
    return this.#value.getSnapshot().kind === "absent";
  }

  /** The homeserver names an authority, or says that there is none. */
  advertised(present: boolean): void {
    if (!present) this.#value.set(ABSENT);
    else if (this.isAbsent) this.#value.set(UNKNOWN);
  }

  reset(): void {
    this.#value.set(UNKNOWN);
  }

  /** Lets the request through, and learns from how it ends. */
  async watch<T>(request: Promise<T>): Promise<T> {
    try {
      const answer = await request;
      this.#answered();
      return answer;
    } catch (error) {
      this.#failed(error);
      throw error;
    }
  }

  #answered(): void {
    const before = this.#value.getSnapshot();
    if (before.kind === "absent") return;
    this.#value.set(UP);
    if (before.kind === "down") this.back();
  }

  #failed(error: unknown): void {
    if (error instanceof AbortedError || this.isAbsent) return;
    if (error instanceof ConnectionError) this.#down("offline");
    else if (isOutage(error)) this.#down("unavailable");
    else if (error instanceof TaskProblem) this.#answered();
  }

  #down(reason: "unavailable" | "offline"): void {
    const before = this.#value.getSnapshot();
    if (before.kind === "down" && before.reason === reason) return;
    this.#value.set({ kind: "down", reason, since: before.kind === "down" ? before.since : this.now() });
  }
}

/**
 * 503 is the homeserver's word for it, 502 and 504 those of a proxy before it; and a homeserver that passes
 * `/v1` on to nobody answers 404 in its own words, where the service would answer in its own.
 */
export function isOutage(error: unknown): boolean {
  if (!(error instanceof MatrixError)) return false;
  if (error.status === 404) return !(error instanceof TaskProblem);
  return error.status === 502 || error.status === 503 || error.status === 504;
}
