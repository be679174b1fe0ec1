import type { ErrorInfo } from "../api/errors";

/**
 * The connection, as a banner would tell it.
 *
 * - `idle`: not running (signed out or stopped).
 * - `catchingUp`: the first answer since start is on its way; `initial` when the store was empty.
 * - `live`: the server answers; what you see is current.
 * - `offline`: no answer; tries again at `retryAt` (ms since the epoch).
 */
export type SyncState =
  | { readonly kind: "idle" }
  | { readonly kind: "catchingUp"; readonly initial: boolean }
  | { readonly kind: "live" }
  | { readonly kind: "offline"; readonly error: ErrorInfo; readonly since: number; readonly retryAt: number };
