import { AbortedError, ConnectionError, MatrixError } from "./errors";
import { problemOf, TaskProblem } from "./problem";
import type { Fetch, FetchResponse, Platform, PlatformBlob, Upload } from "../platform";

/** Who signs our requests. Core's session implements it. */
export interface Authority {
  /** A token fit for use, renewed beforehand when it is about to expire; null when signed out. */
  token(): Promise<string | null>;
  /** A fresh token after the server refused `failed`; null when the session is over. */
  renew(failed: string, refusal: MatrixError): Promise<string | null>;
  /** Told of every refusal, so that the session can notice a forced password change. */
  refused(error: MatrixError): void;
}

export interface HttpRequest {
  readonly method: "GET" | "PUT" | "POST" | "DELETE" | "PATCH";
  /** Encoded, from {@link route}. */
  readonly path: string;
  /** A list repeats its name. */
  readonly query?: Readonly<Record<string, string | number | boolean | readonly string[] | null | undefined>>;
  /** Besides those of every request. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Bytes instead of `body`. */
  readonly bytes?: { readonly blob: PlatformBlob; readonly mimeType: string };
  /** `session` sends the token (default), `none` never does. */
  readonly auth?: "session" | "none";
  /** Milliseconds; default 30 s. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (fraction: number) => void;
  /** How long 429 answers may be waited out here before the error goes to the caller; default 10 s. */
  readonly patienceMs?: number;
}

const DEFAULT_TIMEOUT_MS = 30_000;
const DEFAULT_PATIENCE_MS = 10_000;
const DEFAULT_RETRY_AFTER_MS = 1_000;

interface Answer {
  readonly status: number;
  readonly etag: string | null;
  readonly retryAfter: string | null;
  readonly text: string;
  readonly blob: PlatformBlob | null;
}

/** A path with each value encoded: route`/rooms/${roomId}/send`. */
export function route(parts: TemplateStringsArray, ...values: readonly string[]): string {
  return parts.reduce((path, part, i) => path + part + (i < values.length ? encodeURIComponent(values[i] ?? "") : ""), "");
}

/** Requests to one homeserver: tokens, time limits, 429, errors. The only place that calls fetch. */
export class HttpClient {
  constructor(
    private readonly baseUrl: string,
    private readonly fetch: Fetch,
    private readonly upload: Upload | null,
    private readonly platform: Platform,
    private readonly authority: Authority,
  ) {}

  /** The parsed body of a success. Rejects with MatrixError, ConnectionError or AbortedError. */
  async json<T = Record<string, unknown>>(request: HttpRequest): Promise<T> {
    const answer = await this.#answer(request, "text");
    return parse(answer.text) as T;
  }

  /** The same with what conditional requests need: null is "unchanged" (304). */
  async tagged<T>(request: HttpRequest): Promise<{ readonly body: T; readonly etag: string | null } | null> {
    const answer = await this.#answer(request, "text");
    return answer.status === 304 ? null : { body: parse(answer.text) as T, etag: answer.etag };
  }

  async blob(request: HttpRequest): Promise<PlatformBlob> {
    const answer = await this.#answer(request, "blob");
    if (answer.blob === null) throw new ConnectionError("network");
    return answer.blob;
  }

  async #answer(request: HttpRequest, wanted: "text" | "blob"): Promise<Answer> {
    let token = request.auth === "none" ? null : await this.authority.token();
    let patience = request.patienceMs ?? DEFAULT_PATIENCE_MS;
    for (let renewed = false; ; ) {
      const answer = await this.#once(request, token, wanted);
      if (isSuccess(answer.status) || answer.status === 304) return answer;
      const error = errorOf(answer);
      if (saysTokenIsOver(error) && token !== null && !renewed) {
        token = await this.authority.renew(token, error);
        if (token === null) throw error;
        renewed = true;
        continue;
      }
      if (error.status === 429) {
        const wait = error.retryAfterMs ?? DEFAULT_RETRY_AFTER_MS;
        if (wait <= patience) {
          patience -= Math.max(wait, 1);
          await this.#pause(wait, request.signal);
          continue;
        }
      }
      if (token !== null) this.authority.refused(error);
      throw error;
    }
  }

  /** One request, its whole body read within the time limit. */
  async #once(request: HttpRequest, token: string | null, wanted: "text" | "blob"): Promise<Answer> {
    const { signal } = request;
    if (signal?.aborted) throw new AbortedError();
    const abort = new AbortController();
    const onAbort = (): void => abort.abort();
    signal?.addEventListener("abort", onAbort);
    let timedOut = false;
    const cancelTimer = this.platform.setTimer(request.timeoutMs ?? DEFAULT_TIMEOUT_MS, () => {
      timedOut = true;
      abort.abort();
    });
    try {
      const response = await this.#send(request, token, abort.signal);
      const asBlob = wanted === "blob" && isSuccess(response.status);
      return {
        status: response.status,
        etag: response.headers.get("ETag"),
        retryAfter: response.headers.get("Retry-After"),
        text: asBlob ? "" : await response.text(),
        blob: asBlob ? await response.blob() : null,
      };
    } catch (cause) {
      if (signal?.aborted) throw new AbortedError();
      throw new ConnectionError(timedOut ? "timeout" : "network", cause);
    } finally {
      cancelTimer();
      signal?.removeEventListener("abort", onAbort);
    }
  }

  #send(request: HttpRequest, token: string | null, signal: AbortSignal): Promise<FetchResponse> {
    const headers: Record<string, string> = { Accept: "application/json", ...request.headers };
    if (token !== null) headers["Authorization"] = `Bearer ${token}`;
    let body: string | PlatformBlob | undefined;
    if (request.bytes !== undefined) {
      headers["Content-Type"] = request.bytes.mimeType;
      body = request.bytes.blob;
    } else if (request.body !== undefined) {
      headers["Content-Type"] = "application/json";
      body = JSON.stringify(request.body);
    }
    const outgoing = { method: request.method, headers, signal, ...(body === undefined ? {} : { body }) };
    const url = this.baseUrl + request.path + queryString(request.query);
    const tell = request.onProgress;
    if (this.upload === null || tell === undefined) return this.fetch(url, outgoing);
    return this.upload(url, { ...outgoing, onProgress: (sent, total) => tell(total > 0 ? sent / total : 0) });
  }

  #pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        cancel();
        reject(new AbortedError());
      };
      const cancel = this.platform.setTimer(ms, () => {
        signal?.removeEventListener("abort", onAbort);
        resolve();
      });
      signal?.addEventListener("abort", onAbort);
    });
  }
}

function queryString(query: HttpRequest["query"]): string {
  const pairs = Object.entries(query ?? {})
    .flatMap(([name, value]) => (Array.isArray(value) ? (value as readonly string[]) : [value]).map((each) => [name, each] as const))
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`);
  return pairs.length === 0 ? "" : `?${pairs.join("&")}`;
}

function parse(text: string): unknown {
  try {
    return text === "" ? {} : JSON.parse(text);
  } catch {
    throw new MatrixError({ status: 502, errcode: "M_NOT_JSON", message: "The server's answer is not JSON" });
  }
}

/** The homeserver's word for it, or those of the tasks service. */
function saysTokenIsOver(error: MatrixError): boolean {
  if (error.status !== 401) return false;
  if (error instanceof TaskProblem) return error.code.startsWith("token_");
  return error.errcode === "M_UNKNOWN_TOKEN";
}

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

function errorOf(answer: Answer): MatrixError {
  let body: Record<string, unknown> = {};
  try {
    const parsed: unknown = JSON.parse(answer.text);
    if (typeof parsed === "object" && parsed !== null) body = parsed as Record<string, unknown>;
  } catch {
    // A proxy's page, or nothing: the status has to do.
  }
  const problem = problemOf(answer.status, body, milliseconds(answer.retryAfter));
  if (problem !== null) return problem;
  const { errcode, error, retry_after_ms: retryAfter, soft_logout: softLogout } = body;
  return new MatrixError({
    status: answer.status,
    errcode: typeof errcode === "string" ? errcode : "M_UNKNOWN",
    message: typeof error === "string" ? error : `The server answered ${answer.status}`,
    retryAfterMs: typeof retryAfter === "number" ? retryAfter : milliseconds(answer.retryAfter),
    softLogout: softLogout === true,
    body,
  });
}

/** Of a Retry-After header in seconds; its other form, a date, is left alone. */
function milliseconds(retryAfter: string | null): number | null {
  const seconds = retryAfter === null ? Number.NaN : Number(retryAfter);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : null;
}
