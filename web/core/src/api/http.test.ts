import { describe, expect, it } from "vitest";
import { TestClock, settled } from "../../test/clock";
import type { FetchRequest, FetchResponse } from "../platform";
import { AbortedError, ConnectionError, errorInfo, isTransient, MatrixError } from "./errors";
import { HttpClient, route, type Authority, type HttpRequest } from "./http";

type Answer = { readonly status: number; readonly body?: unknown; readonly headers?: Record<string, string>; readonly text?: string };

function setUp(answers: readonly (Answer | "network" | "never")[], authority: Partial<Authority> = {}): {
  http: HttpClient;
  clock: TestClock;
  requests: (FetchRequest & { url: string })[];
} {
  const clock = new TestClock();
  const requests: (FetchRequest & { url: string })[] = [];
  const queue = [...answers];
  const fetch = async (url: string, request: FetchRequest): Promise<FetchResponse> => {
    requests.push({ ...request, url });
    const answer = queue.shift() ?? "network";
    if (answer === "network") throw new TypeError("network");
    if (answer === "never") return new Promise((_, reject) => request.signal?.addEventListener("abort", () => reject(new Error("aborted"))));
    return {
      status: answer.status,
      headers: { get: (name) => answer.headers?.[name] ?? null },
      text: async () => answer.text ?? JSON.stringify(answer.body ?? {}),
      blob: async () => ({ blob: true }),
    };
  };
  const nobody: Authority = { token: async () => "token1", renew: async () => null, refused: () => undefined, ...authority };
  return { http: new HttpClient("https://home", fetch, null, clock, nobody), clock, requests };
}

const get: HttpRequest = { method: "GET", path: "/x" };

describe("a request", () => {
  it("carries token, query and JSON, and leaves out what is not given", async () => {
    const { http, requests } = setUp([{ status: 200, body: { a: 1 } }]);
    const answer = await http.json({ method: "POST", path: route`/rooms/${"!a/b:c"}/send`, query: { from: "a b", none: undefined, limit: 5 }, body: { x: "ü" } });
    expect(answer).toEqual({ a: 1 });
    expect(requests[0]).toMatchObject({
      url: "https://home/rooms/!a%2Fb%3Ac/send?from=a%20b&limit=5",
      method: "POST",
      body: '{"x":"ü"}',
      headers: { Authorization: "Bearer token1", "Content-Type": "application/json" },
    });
  });

  it("without a session carries no token", async () => {
    const { http, requests } = setUp([{ status: 200 }]);
    await http.json({ ...get, auth: "none" });
    expect(requests[0]?.headers["Authorization"]).toBeUndefined();
  });

  it("that fails says what the server said", async () => {
    const { http } = setUp([{ status: 400, body: { errcode: "M_BAD_JSON", error: "No.", soft_logout: true } }]);
    const error: unknown = await http.json(get).catch((each: unknown) => each);
    expect(error).toBeInstanceOf(MatrixError);
    expect(error).toMatchObject({ status: 400, errcode: "M_BAD_JSON", message: "No.", softLogout: true, retryAfterMs: null });
  });

  it("that meets a proxy's page is an error all the same", async () => {
    const { http } = setUp([{ status: 502, text: "<html>" }, { status: 200, text: "<html>" }]);
    await expect(http.json(get)).rejects.toMatchObject({ status: 502, errcode: "M_UNKNOWN" });
    await expect(http.json(get)).rejects.toMatchObject({ errcode: "M_NOT_JSON" });
  });

  it("without an answer in time is given up", async () => {
    const { http, clock } = setUp(["never", "network"]);
    const result = http.json({ ...get, timeoutMs: 5_000 }).catch((each: unknown) => each);
    await clock.advance(5_000);
    expect(await result).toMatchObject({ name: "ConnectionError", reason: "timeout" });
    await expect(http.json(get)).rejects.toMatchObject({ reason: "network" });
  });

  it("can be cancelled, before and during", async () => {
    const { http, requests } = setUp(["never"]);
    const abort = new AbortController();
    const result = http.json({ ...get, signal: abort.signal }).catch((each: unknown) => each);
    await settled();
    abort.abort();
    expect(await result).toBeInstanceOf(AbortedError);
    await expect(http.json({ ...get, signal: abort.signal })).rejects.toBeInstanceOf(AbortedError);
    expect(requests).toHaveLength(1);
  });
});

describe("a rate limit", () => {
  const limited = (ms: number): Answer => ({ status: 429, body: { errcode: "M_LIMIT_EXCEEDED", retry_after_ms: ms } });

  it("is waited out when it is short", async () => {
    const { http, clock, requests } = setUp([limited(2_000), { status: 200, body: { ok: true } }]);
    const result = http.json(get);
    await clock.advance(1_999);
    expect(requests).toHaveLength(1);
    await clock.advance(1);
    expect(await result).toEqual({ ok: true });
  });

  it("goes to the caller when it is long, or goes on", async () => {
    await expect(setUp([limited(60_000)]).http.json(get)).rejects.toMatchObject({ retryAfterMs: 60_000 });
    const { http, clock } = setUp([limited(6_000), limited(6_000)]);
    const result = http.json(get).catch((each: unknown) => each);
    await clock.advance(6_000);
    expect(await result).toMatchObject({ status: 429 });
  });

  it("may stand in the header", async () => {
    const { http } = setUp([{ status: 429, headers: { "Retry-After": "30" } }]);
    await expect(http.json(get)).rejects.toMatchObject({ retryAfterMs: 30_000 });
  });

  it("is cut short by cancelling", async () => {
    const { http } = setUp([limited(5_000)]);
    const abort = new AbortController();
    const result = http.json({ ...get, signal: abort.signal }).catch((each: unknown) => each);
    await settled();
    abort.abort();
    expect(await result).toBeInstanceOf(AbortedError);
  });
});

describe("a refused token", () => {
  const unknown: Answer = { status: 401, body: { errcode: "M_UNKNOWN_TOKEN" } };

  it("is renewed once, and the request repeated", async () => {
    const renewals: string[] = [];
    const { http, requests } = setUp([unknown, { status: 200, body: { ok: true } }], {
      renew: async (failed) => {
        renewals.push(failed);
        return "token2";
      },
    });
    expect(await http.json(get)).toEqual({ ok: true });
    expect(renewals).toEqual(["token1"]);
    expect(requests[1]?.headers["Authorization"]).toBe("Bearer token2");
  });

  it("that cannot be renewed is the caller's error", async () => {
    await expect(setUp([unknown]).http.json(get)).rejects.toMatchObject({ status: 401 });
    await expect(setUp([unknown, unknown], { renew: async () => "token2" }).http.json(get)).rejects.toMatchObject({ status: 401 });
  });
});

describe("errors", () => {
  it("as values say what kind they are", () => {
    expect(errorInfo(new ConnectionError("network"))).toMatchObject({ errcode: "CONNECTION" });
    expect(errorInfo(new Error("bug"))).toMatchObject({ errcode: "INTERNAL", message: "bug" });
    expect(errorInfo("odd")).toMatchObject({ message: "odd" });
  });

  it("may pass by themselves, or not", () => {
    const matrix = (status: number): MatrixError => new MatrixError({ status, errcode: "M_X", message: "" });
    expect([matrix(500), matrix(429), matrix(502), new ConnectionError("timeout")].every(isTransient)).toBe(true);
    expect([matrix(400), matrix(403), matrix(413), new Error("bug")].some(isTransient)).toBe(false);
  });
});
