import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ConnectionError, MatrixError, MemoryStore, type Client, type Platform } from "../src/index";
import { settled, until } from "./clock";
import { bodies } from "./fakeServer";
import { anna, copyOf, ivan, live, Scene, told, watch } from "./scene";

let scene: Scene;

beforeEach(() => {
  scene = new Scene();
  scene.server.home.user(anna);
});

afterEach(() => scene.end());

const state = (client: Client): string => client.session.state.getSnapshot().kind;

async function signedOut(store = new MemoryStore()): Promise<Client> {
  const client = scene.open(store);
  await client.start();
  return client;
}

async function signedIn(store = new MemoryStore()): Promise<Client> {
  const client = await signedOut(store);
  await client.session.login("anna", "secret");
  await live(client);
  return client;
}

describe("signing in", () => {
  it("takes a localpart, a user id, and a localpart with an @", async () => {
    for (const name of ["anna", anna, "@anna", " anna "]) {
      const client = await signedOut();
      await client.session.login(name, "secret");
      expect(state(client)).toBe("signedIn");
    }
  });

  it("says what is wrong, and stays out", async () => {
    const client = await signedOut();
    await expect(client.session.login("anna", "wrong")).rejects.toMatchObject({ errcode: "M_FORBIDDEN", status: 403 });
    scene.server.offline = true;
    await expect(client.session.login("anna", "secret")).rejects.toBeInstanceOf(ConnectionError);
    expect(client.session.state.getSnapshot()).toEqual({ kind: "signedOut", reason: "none" });
  });

  it("lasts over a restart, with profile and capabilities", async () => {
    scene.server.home.user(anna).admin = true;
    const store = new MemoryStore();
    const client = await signedIn(store);
    await settled();
    await client.stop();
    scene.server.offline = true;
    const next = await scene.reopen(store);
    expect(state(next)).toBe("signedIn");
    expect(next.session.profile.getSnapshot()).toEqual({ userId: anna, displayName: "Anna", avatar: null });
    expect(next.session.capabilities.getSnapshot().admin).toBe(true);
  });

  it("by a welcome link sets the first password and uses the link up", async () => {
    scene.server.home.welcomes.set("token", ivan);
    scene.server.home.user(ivan);
    const client = await signedOut();
    expect(await client.session.welcome("token")).toEqual({ userId: ivan, displayName: "Ivan", serverName: "test" });
    await client.session.acceptWelcome("token", "my own");
    expect(client.session.state.getSnapshot()).toMatchObject({ kind: "signedIn", session: { userId: ivan } });
    await expect(client.session.welcome("token")).rejects.toMatchObject({ errcode: "M_NOT_FOUND" });
    expect(scene.server.home.user(ivan).password).toBe("my own");
  });

  it("with a temporary password leads to choosing another one first", async () => {
    scene.server.home.user(anna).mustChangePassword = true;
    const client = await signedOut();
    await client.session.login("anna", "secret");
    expect(state(client)).toBe("passwordChangeRequired");
    expect(scene.server.callsTo(/\/sync/)).toEqual([]);
    await client.session.changePassword({ newPassword: "better" });
    expect(state(client)).toBe("signedIn");
    await live(client);
  });

  it("is interrupted when the server begins to ask for another password", async () => {
    const client = await signedIn();
    scene.server.answer(/\/sync/, 403, { errcode: "ORG.TEAMMESSENGER.PASSWORD_CHANGE_REQUIRED" });
    scene.server.home.room([anna]);
    await until(() => state(client) === "passwordChangeRequired");
  });

  it("as somebody else finds nothing of the one before", async () => {
    scene.server.home.room([anna], { name: "Private" });
    const store = new MemoryStore();
    const client = await signedIn(store);
    client.drafts.set("!a", null, { text: "secret", replyTo: null, editing: null });
    scene.server.home.revokeAll(anna);
    scene.server.home.room([anna]);
    await until(() => state(client) === "signedOut");
    scene.server.home.user(ivan);
    await client.session.login("ivan", "secret");
    await live(client);
    expect(client.rooms.list.getSnapshot().joined).toEqual([]);
    expect(client.drafts.all.getSnapshot().size).toBe(0);
  });
});

describe("tokens that expire", () => {
  it("are renewed in time, by one refresh for many requests", async () => {
    const client = await signedIn();
    await settled();
    scene.server.home.expireTokens();
    await Promise.all([client.session.devices(), client.session.devices(), client.directory.profile(anna)]);
    expect(scene.server.callsTo(/\/refresh/)).toHaveLength(1);
    expect(state(client)).toBe("signedIn");
  });

  it("are renewed before they run out", async () => {
    const client = await signedIn();
    await settled();
    scene.clock.time += scene.server.home.tokenLifetime - 30_000;
    await client.session.devices();
    expect(scene.server.callsTo(/\/refresh/)).toHaveLength(1);
    expect(scene.server.callsTo(/\/devices/)).toHaveLength(1);
  });

  it("are renewed only in their last fifth, however short they live", async () => {
    scene.server.home.tokenLifetime = 10_000;
    const client = await signedIn();
    await settled();
    scene.clock.time += 7_000;
    await client.session.devices();
    expect(scene.server.callsTo(/\/refresh/)).toHaveLength(0);
    scene.clock.time += 2_000;
    await client.session.devices();
    expect(scene.server.callsTo(/\/refresh/)).toHaveLength(1);
  });

  it("are kept before they are used, so that a kill does not end the session", async () => {
    const store = new MemoryStore();
    const client = await signedIn(store);
    scene.server.home.expireTokens();
    await client.session.devices();
    const left = await copyOf(store);
    await client.stop();
    const next = await scene.reopen(left);
    expect(await next.session.devices()).toHaveLength(1);
  });

  it("do not end the session while the server is away", async () => {
    const client = await signedIn();
    scene.server.home.expireTokens();
    scene.server.answer(/\/refresh/, 503, {});
    await expect(client.session.devices()).rejects.toMatchObject({ status: 503 });
    expect(state(client)).toBe("signedIn");
    await settled();
    expect(await client.session.devices()).toHaveLength(1);
  });

  it("do not end the session on the word of a proxy or a hotel's network", async () => {
    const store = new MemoryStore();
    const client = await signedIn(store);
    await settled();
    scene.server.home.expireTokens();
    scene.server.answer(/\/refresh/, 401, "<html>Please pay for the network</html>");
    await expect(client.session.devices()).rejects.toMatchObject({ status: 401 });
    expect(state(client)).toBe("signedIn");
    expect(await client.session.devices()).toHaveLength(1);
  });

  it("are renewed by another tab without a second refresh", async () => {
    const store = new MemoryStore();
    const locks = new Map<string, Promise<unknown>>();
    const platform: Platform = {
      ...scene.clock,
      setTimer: (ms, run) => scene.clock.setTimer(ms, run),
      withLock: (name, run) => {
        const result = (locks.get(name) ?? Promise.resolve()).then(run);
        locks.set(name, result.catch(() => undefined));
        return result;
      },
    };
    const one = scene.open(store, { platform });
    await one.start();
    await one.session.login("anna", "secret");
    const two = scene.open(store, { platform });
    await two.start();
    await settled();
    scene.server.home.expireTokens();
    await Promise.all([one.session.devices(), two.session.devices()]);
    expect(scene.server.callsTo(/\/refresh/)).toHaveLength(1);
  });
});

describe("a session that ends", () => {
  it("softly keeps everything, and goes on after signing in on the same device", async () => {
    const room = scene.server.home.room([anna, ivan]);
    scene.server.home.say(room, ivan, "hello");
    const client = await signedIn();
    const items = watch(client.rooms.room(room.roomId).timeline);
    await until(() => told(items()).length === 1);
    const { session } = client.session.state.getSnapshot() as { session: { deviceId: string } };
    scene.server.offline = true;
    await client.rooms.room(room.roomId).timeline.sendText({ body: "unsent" });
    scene.server.offline = false;
    scene.server.answer(/\/refresh/, 401, { errcode: "M_UNKNOWN_TOKEN", soft_logout: true });
    scene.server.home.expireTokens();
    client.sync.retryNow();
    await until(() => state(client) === "softLoggedOut");
    expect(told(items())).toEqual(["sent: hello", "sending: unsent"]);

    await client.session.login("anna", "secret");
    expect(client.session.state.getSnapshot()).toMatchObject({ kind: "signedIn", session: { deviceId: session.deviceId } });
    await until(() => bodies(room.events).length === 2);
    expect(bodies(room.events)).toEqual(["hello", "unsent"]);
  });

  it("for good forgets what came from the server, and never loses a text", async () => {
    const room = scene.server.home.room([anna, ivan], { name: "General" });
    const store = new MemoryStore();
    const client = await signedIn(store);
    scene.server.answer(/\/send\//, 503, {}, 2);
    await client.rooms.room(room.roomId).timeline.sendText({ body: "important" });
    client.drafts.set(room.roomId, null, { text: "half a th", replyTo: null, editing: null });
    await settled();
    scene.server.home.revokeAll(anna);
    client.sync.retryNow();
    scene.server.home.say(room, ivan, "x");
    await until(() => state(client) === "signedOut");
    expect(client.session.state.getSnapshot()).toEqual({ kind: "signedOut", reason: "revoked" });
    await settled();
    expect(client.rooms.list.getSnapshot().joined).toEqual([]);
    expect(await store.range("timeline")).toEqual([]);
    expect(await store.range("rooms")).toEqual([]);

    await client.session.login("anna", "secret");
    await live(client);
    expect(client.drafts.get(room.roomId)?.text).toBe("half a th");
    expect(client.sendQueue.entries.getSnapshot()).toMatchObject([{ state: "failed", error: { errcode: "SESSION_ENDED" }, retryable: true }]);
    await client.sendQueue.retryAll();
    await scene.clock.advance(10_000);
    expect(bodies(room.events)).toContain("important");
  });

  it("by logging out leaves nothing behind, also without a network", async () => {
    scene.server.home.room([anna], { name: "General" });
    const store = new MemoryStore();
    const client = await signedIn(store);
    scene.server.offline = true;
    client.drafts.set("!a", null, { text: "gone", replyTo: null, editing: null });
    await client.session.logout();
    expect(client.session.state.getSnapshot()).toEqual({ kind: "signedOut", reason: "loggedOut" });
    for (const table of ["session", "rooms", "timeline", "drafts", "outbox", "sync"] as const) expect(await store.range(table)).toEqual([]);
    expect(client.rooms.list.getSnapshot()).toMatchObject({ joined: [], loaded: false });
    expect(client.session.profile.getSnapshot()).toBeNull();
  });
});

describe("the account", () => {
  it("changes its password only with the old one", async () => {
    const client = await signedIn();
    await client.stop();
    await expect(client.session.changePassword({ newPassword: "n", oldPassword: "wrong" })).rejects.toMatchObject({ status: 403, errcode: "M_FORBIDDEN" });
    await client.session.changePassword({ newPassword: "n", oldPassword: "secret" });
    expect(scene.server.home.user(anna).password).toBe("n");
  });

  it("shows its own name at once when it changes", async () => {
    const client = await signedIn();
    await settled();
    await client.session.setDisplayName("Anna Petrova");
    expect(client.session.profile.getSnapshot()?.displayName).toBe("Anna Petrova");
  });

  it("administers others only with the right to", async () => {
    const client = await signedIn();
    await expect(client.admin.users()).rejects.toBeInstanceOf(MatrixError);
    scene.server.home.user(anna).admin = true;
    expect(await client.admin.users()).toMatchObject({ total: 1, users: [{ userId: anna, admin: true, active: true }] });
    expect(await client.admin.addUser({ localpart: "olga", displayName: "Olga" })).toMatchObject({ userId: "@olga:test", token: "welcome1" });
  });
});
