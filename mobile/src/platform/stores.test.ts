import { type Store, type StoreWrite } from "@team/core";
import { itIsAStore } from "@team/core/test/storeContract";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { openNodeSql } from "../test/nodeSql";
import { Database, type Sql } from "./database";
import type { Secrets } from "./secrets";
import { SqliteStore } from "./sqliteStore";
import { VaultStore } from "./vaultStore";

class Keychain implements Secrets {
  readonly kept = new Map<string, string>();
  fails = false;

  get = async (name: string): Promise<string | null> => this.kept.get(name) ?? null;
  set = async (name: string, value: string): Promise<void> => {
    if (this.fails) throw new Error("no keychain");
    this.kept.set(name, value);
  };
  remove = async (name: string): Promise<void> => void this.kept.delete(name);
}

async function openStore(sql: Sql = openNodeSql()): Promise<SqliteStore> {
  return new SqliteStore(await Database.open(sql));
}

const session = (accessToken: string): StoreWrite => ({ op: "put", table: "session", key: "current", value: { userId: "@anna:test", accessToken } });

describe("a store in SQLite", () => {
  itIsAStore(() => openStore(), { it, expect });

  it("writes all of a batch or nothing", async () => {
    const store = await openStore();
    const unstorable: StoreWrite = { op: "put", table: "sync", key: "b", value: () => undefined };
    await expect(store.commit([{ op: "put", table: "rooms", key: "a", value: 1 }, unstorable])).rejects.toThrow("cannot be stored");
    expect(await store.get("rooms", "a")).toBeUndefined();
  });

  it("leaves nothing of a batch whose transaction fails in the middle, and goes on", async () => {
    const sql = openNodeSql();
    let failing = false;
    const breaking: Sql = {
      ...sql,
      run: (source, parameters) => (failing && source.startsWith("DELETE") ? Promise.reject(new Error("disk")) : sql.run(source, parameters)),
    };
    const store = await openStore(breaking);
    failing = true;
    const batch: StoreWrite[] = [
      { op: "put", table: "rooms", key: "a", value: 1 },
      { op: "delete", table: "rooms", key: "b" },
    ];
    await expect(store.commit(batch)).rejects.toThrow("disk");
    failing = false;
    expect(await store.get("rooms", "a")).toBeUndefined();
    await store.commit([{ op: "put", table: "rooms", key: "a", value: 2 }]);
    expect(await store.get("rooms", "a")).toBe(2);
  });

  it("shows no reader half of a batch", async () => {
    const store = await openStore();
    const written = store.commit([
      { op: "put", table: "rooms", key: "a", value: 1 },
      { op: "deleteRange", table: "rooms", range: { from: "x" } },
      { op: "put", table: "rooms", key: "b", value: 1 },
    ]);
    const seen = store.range("rooms");
    await written;
    expect((await seen).length === 0 || (await seen).length === 2).toBe(true);
  });

  it("is there again after the app was killed", async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "team-store-"));
    try {
      const file = path.join(folder, "store.db");
      const before = await openStore(openNodeSql(file));
      await before.commit([{ op: "put", table: "outbox", key: "1", value: { body: "hello" } }]);
      // Nothing is closed: another process looks at what has been written.
      const after = await openStore(openNodeSql(file));
      expect(await after.get("outbox", "1")).toEqual({ body: "hello" });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe("a store whose tokens lie in the keychain", () => {
  async function open(): Promise<{ base: Store; keychain: Keychain; store: VaultStore }> {
    const base = await openStore();
    const keychain = new Keychain();
    return { base, keychain, store: new VaultStore(base, keychain) };
  }

  itIsAStore(async () => (await open()).store, { it, expect });

  it("writes no token into the database", async () => {
    const { base, store } = await open();
    await store.commit([session("secret-token"), { op: "put", table: "session", key: "profile", value: "Anna" }]);
    expect(await store.get("session", "current")).toEqual({ userId: "@anna:test", accessToken: "secret-token" });
    expect(await store.get("session", "profile")).toBe("Anna");
    expect(JSON.stringify(await base.range("session"))).not.toContain("secret-token");
    expect((await store.range("session")).map(({ key }) => key)).toEqual(["current", "profile"]);
  });

  it("keeps one secret, however often the session changes", async () => {
    const { keychain, store } = await open();
    for (const token of ["one", "two", "three"]) await store.commit([session(token)]);
    expect(await store.get("session", "current")).toMatchObject({ accessToken: "three" });
    expect(keychain.kept.size).toBe(1);
  });

  it("has the old session when it is killed before the new one is committed", async () => {
    const { base, keychain, store } = await open();
    await store.commit([session("old")]);
    const killed = new VaultStore({ ...base, get: base.get.bind(base), commit: () => Promise.reject(new Error("killed")) } as Store, keychain);
    await expect(killed.commit([session("new")])).rejects.toThrow("killed");
    const after = new VaultStore(base, keychain);
    expect(await after.get("session", "current")).toMatchObject({ accessToken: "old" });
    await after.commit([session("newer")]);
    expect(keychain.kept.size).toBe(1);
  });

  it("changes nothing when the keychain refuses", async () => {
    const { keychain, store } = await open();
    await store.commit([session("old")]);
    keychain.fails = true;
    await expect(store.commit([session("new")])).rejects.toThrow("no keychain");
    expect(await store.get("session", "current")).toMatchObject({ accessToken: "old" });
  });

  it("is signed out where the database has come without the keychain", async () => {
    const { base, store } = await open();
    await store.commit([session("secret")]);
    const elsewhere = new VaultStore(base, new Keychain());
    expect(await elsewhere.get("session", "current")).toBeUndefined();
    expect(await elsewhere.range("session")).toEqual([]);
  });

  it("forgets the secret with everything else", async () => {
    const { keychain, store } = await open();
    await store.commit([session("secret")]);
    await store.clear();
    expect(keychain.kept.size).toBe(0);
    await store.commit([session("again")]);
    await store.commit([{ op: "deleteRange", table: "session", range: {} }]);
    expect(keychain.kept.size).toBe(0);
  });
});
