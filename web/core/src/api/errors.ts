/** An answer of the homeserver that is not a success. */
export class MatrixError extends Error {
  override readonly name = "MatrixError";
  readonly status: number;
  readonly errcode: string;
  /** Milliseconds the server asks us to wait; null when it said nothing. */
  readonly retryAfterMs: number | null;
  /** With M_UNKNOWN_TOKEN: the session may be continued by signing in again on the same device. */
  readonly softLogout: boolean;
  /** The whole body, for endpoints with fields of their own. */
  readonly body: Readonly<Record<string, unknown>>;

  constructor(fields: {
    status: number;
    errcode: string;
    message: string;
    retryAfterMs?: number | null;
    softLogout?: boolean;
    body?: Readonly<Record<string, unknown>>;
  }) {
    super(fields.message);
    this.status = fields.status;
    this.errcode = fields.errcode;
    this.retryAfterMs = fields.retryAfterMs ?? null;
    this.softLogout = fields.softLogout ?? false;
    this.body = fields.body ?? {};
  }
}

/** No answer came: no network, a closed connection, or a time limit. */
export class ConnectionError extends Error {
  override readonly name = "ConnectionError";

  constructor(
    readonly reason: "network" | "timeout",
    cause?: unknown,
  ) {
    super(reason === "timeout" ? "The server did not answer in time" : "The server cannot be reached", {
      cause,
    });
  }
}

/** The caller's own AbortSignal ended the request. */
export class AbortedError extends Error {
  override readonly name = "AbortedError";

  constructor() {
    super("The request was cancelled");
  }
}

/** What an observable carries instead of an exception. */
export interface ErrorInfo {
  /** The server's errcode, or `CONNECTION` when no answer came, or `INTERNAL` for a fault of ours. */
  readonly errcode: string;
  readonly message: string;
  readonly status: number;
  readonly retryAfterMs: number | null;
}

export function errorInfo(error: unknown): ErrorInfo {
  if (error instanceof MatrixError) {
    const { errcode, message, status, retryAfterMs } = error;
    return { errcode, message, status, retryAfterMs };
  }
  if (error instanceof ConnectionError) {
    return { errcode: "CONNECTION", message: error.message, status: 0, retryAfterMs: null };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { errcode: "INTERNAL", message, status: 0, retryAfterMs: null };
}

/** True when the same request may succeed later without any change. */
export function isTransient(error: unknown): boolean {
  if (error instanceof ConnectionError) return true;
  if (!(error instanceof MatrixError)) return false;
  return error.status === 429 || error.status >= 500 || error.status === 408;
}
