/** What core needs from the outside: every effect comes in through here. */

/** An opaque handle of bytes: a Blob in the browser, a file reference on the phone. Core never looks inside. */
export type PlatformBlob = object;

export interface FetchRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | PlatformBlob;
  readonly signal?: AbortSignal;
}

export interface FetchResponse {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  text(): Promise<string>;
  blob(): Promise<PlatformBlob>;
}

/** The browser's `fetch`, wrapped: `(url, init) => fetch(url, init as RequestInit)`. Rejects when the network fails. */
export type Fetch = (url: string, request: FetchRequest) => Promise<FetchResponse>;

export interface UploadRequest extends FetchRequest {
  /** Bytes sent so far, of `total`. */
  readonly onProgress: (sent: number, total: number) => void;
}

/** Like {@link Fetch}, but tells progress (XMLHttpRequest in the browser). */
export type Upload = (url: string, request: UploadRequest) => Promise<FetchResponse>;

export interface Platform {
  /** Runs `run` after `ms`; returns the function that cancels it. */
  setTimer(ms: number, run: () => void): () => void;
  /** False when the system knows that there is no network. */
  isOnline?(): boolean;
  /** Calls `changed` whenever `isOnline` may have changed (either way), or the app came back to the foreground. */
  onConnectivity?(changed: () => void): () => void;
  /**
   * Runs `run` while holding a lock that all tabs of this origin share (`navigator.locks.request`).
   * Without it, core assumes that it is alone.
   */
  withLock?<T>(name: string, run: () => Promise<T>): Promise<T>;
  /** Takes a lock if it is free, and keeps it until the returned function is called; null when it is taken. */
  tryHoldLock?(name: string): Promise<(() => void) | null>;
  /** Core's diary, for development: never message texts or tokens. */
  log?(level: "debug" | "info" | "warn" | "error", message: string, details?: unknown): void;
  /** Name of a new device in the list of sessions, for instance "Chrome on Linux". */
  readonly deviceName?: string;
}
