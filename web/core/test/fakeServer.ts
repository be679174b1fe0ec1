import { createClient, MemoryStore, type Client, type ClientOptions, type FetchRequest, type FetchResponse, type Platform, type Store } from "../src/index";
import { FakeTasks } from "./fakeTasks";
import { FakeHomeserver, refuse, Refusal, type FakeEvent } from "./fakeHomeserver";

export { type FakeEvent, type FakeRoom } from "./fakeHomeserver";

interface Rule {
  readonly matches: (call: Call) => boolean;
  times: number;
  readonly act: (call: Call, go: () => Promise<FetchResponse>) => Promise<FetchResponse>;
}

export interface Call {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
  readonly token: string | null;
  readonly headers: Readonly<Record<string, string>>;
}

/** Real time, for tests of views; core's own tests bring a clock. */
export const realTime: Platform = {
  setTimer(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

/**
 * A homeserver in memory, behind an injected fetch: enough of the client-server API for core, with
 * ways to go wrong on purpose.
 */
export class FakeServer {
  readonly home: FakeHomeserver;
  /** Every request that arrived, oldest first. */
  readonly calls: Call[] = [];
  /** The tasks service; `tasks.present()` makes the homeserver advertise it. */
  readonly tasks: FakeTasks;
  offline = false;
  readonly #rules: Rule[] = [];

  constructor(now: () => number = Date.now) {
    this.home = new FakeHomeserver(now);
    this.tasks = new FakeTasks(this.home);
  }

  /** A client that is signed in as this (possibly new) person; `start()` is the test's. */
  client(userId: string, options: Partial<ClientOptions> & { readonly store?: Store } = {}): Client {
    const user = this.home.user(userId);
    const store = options.store ?? new MemoryStore();
    const device = this.home.login(user, null, false);
    void store.commit([
      {
        op: "put",
        table: "session",
        key: "current",
        value: {
          userId,
          deviceId: device.device_id,
          accessToken: device.access_token,
          refreshToken: null,
          expiresTs: null,
          lifetimeMs: null,
          mustChangePassword: false,
          ended: null,
        },
      },
    ]);
    return this.open(store, options);
  }

  /** A client over a store, whatever is in it: for a start after a kill. */
  open(store: Store, options: Partial<ClientOptions> = {}): Client {
    return createClient({
      baseUrl: "http://fake",
      fetch: (url, request) => this.fetch(url, request),
      platform: realTime,
      ...options,
      store,
    });
  }

  /** The next `times` matching requests get this answer instead. */
  answer(path: RegExp, status: number, body: unknown, times = 1): void {
    this.#rules.push({ matches: (call) => path.test(`${call.method} ${call.path}`), times, act: async () => response(status, body) });
  }

  /** The next matching request is carried out, and its answer is lost on the way. */
  loseAnswer(path: RegExp, times = 1): void {
    this.#rules.push({
      matches: (call) => path.test(`${call.method} ${call.path}`),
      times,
      act: async (_call, go) => {
        await go();
        throw new TypeError("network");
      },
    });
  }

  /** Holds the next matching request back until the returned function is called. */
  hold(path: RegExp, when: "before" | "after" = "before"): () => void {
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    this.#rules.push({
      matches: (call) => path.test(`${call.method} ${call.path}`),
      times: 1,
      act: async (_call, go) => {
        if (when === "before") await gate;
        const answer = await go();
        if (when === "after") await gate;
        return answer;
      },
    });
    return release;
  }

  callsTo(path: RegExp): Call[] {
    return this.calls.filter((call) => path.test(`${call.method} ${call.path}`));
  }

  async fetch(url: string, request: FetchRequest): Promise<FetchResponse> {
    if (this.offline) throw new TypeError("network");
    const { pathname, search } = new URL(url);
    const authorization = request.headers["Authorization"];
    const call: Call = {
      method: request.method,
      path: pathname + search,
      body: typeof request.body === "string" ? (JSON.parse(request.body) as unknown) : request.body,
      token: authorization === undefined ? null : authorization.replace("Bearer ", ""),
      headers: request.headers,
    };
    this.calls.push(call);
    const go = (): Promise<FetchResponse> => this.#carryOut(call, request);
    const rule = this.#rules.find((each) => each.times > 0 && each.matches(call));
    if (rule === undefined) return abortable(go(), request.signal);
    rule.times -= 1;
    return abortable(rule.act(call, go), request.signal);
  }

  async #carryOut(call: Call, request: FetchRequest): Promise<FetchResponse> {
    try {
      if (call.path.startsWith("/v1/")) return response(...this.tasks.handle(call));
      const answer = await this.home.handle(call, request.signal);
      return answer instanceof Blob ? blobResponse(answer) : response(200, answer);
    } catch (error) {
      if (error instanceof Refusal) return response(error.status, error.body);
      throw error;
    }
  }
}

/** The given message events of a room, as its people read them. */
export function bodies(events: readonly FakeEvent[]): string[] {
  return events.filter((event) => event.type === "m.room.message").map((event) => String(event.content["body"]));
}

function response(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): FetchResponse {
  const text = body === undefined ? "" : JSON.stringify(body);
  return {
    status,
    headers: { get: (name) => headers[name] ?? null },
    text: async () => text,
    blob: async () => new Blob([text]),
  };
}

function blobResponse(blob: Blob): FetchResponse {
  return { status: 200, headers: { get: () => null }, text: () => blob.text(), blob: async () => blob };
}

function abortable<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    if (signal.aborted) reject(new Error("aborted"));
    signal.addEventListener("abort", () => reject(new Error("aborted")));
    work.then(resolve, reject);
  });
}

export { refuse };
