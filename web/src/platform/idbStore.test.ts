import "fake-indexeddb/auto";
import { MemoryStore, type Store, type StoreWrite } from "@team/core";
import { describe, expect, it } from "vitest";
import { deviceName } from "./browser";
import { IdbStore } from "./idbStore";

let databases = 0;

/** Whatever is true of one store is true of the other. */
describe.each([
  ["IndexedDB", (): Promise<Store> => IdbStore.open(`test${++databases}`)],
  ["memory", (): Promise<Store> => Promise.resolve(new MemoryStore())],
])("a store in %s", (_name, open) => {
  const put = (key: string, value: unknown = key): StoreWrite => ({ op: "put", table: "rooms", key, value });

  it("gives back what was put, and undefined for what was not", async () => {
    const store = await open();
    await store.commit([put("a", { deep: [1, null, "x"] })]);
    expect(await store.get("rooms", "a")).toEqual({ deep: [1, null, "x"] });
    expect(await store.get("rooms", "b")).toBeUndefined();
    expect(await store.getMany("rooms", ["b", "a"])).toEqual([undefined, { deep: [1, null, "x"] }]);
  });

  it("applies a batch in its order", async () => {
    const store = await open();
    await store.commit([put("a", 1), { op: "delete", table: "rooms", key: "a" }, put("a", 2), put("b", 3)]);
    await store.commit([{ op: "deleteRange", table: "rooms", range: { from: "b" } }, put("c", 4)]);
    expect(await store.range("rooms")).toEqual([
      { key: "a", value: 2 },
      { key: "c", value: 4 },
    ]);
  });

  it("reads ranges in both directions, the start included and the end excluded", async () => {
    const store = await open();
    await store.commit(["d", "a", "c", "b"].map((key) => put(key)));
    const keys = async (range: Parameters<Store["range"]>[1]): Promise<string[]> =>
      (await store.range("rooms", range)).map((entry) => entry.key);
    expect(await keys({})).toEqual(["a", "b", "c", "d"]);
    expect(await keys({ from: "b", to: "d" })).toEqual(["b", "c"]);
    expect(await keys({ from: "a", limit: 2 })).toEqual(["a", "b"]);
    expect(await keys({ to: "d", reverse: true, limit: 2 })).toEqual(["c", "b"]);
    expect(await keys({ from: "c", to: "b" })).toEqual([]);
  });

  it("deletes ranges, and everything", async () => {
    const store = await open();
    await store.commit(["a", "b", "c"].map((key) => put(key)));
    await store.commit([{ op: "deleteRange", table: "rooms", range: { from: "a", to: "c" } }]);
    expect(await store.range("rooms")).toHaveLength(1);
    await store.commit([put("x"), { op: "deleteRange", table: "rooms", range: {} }]);
    expect(await store.range("rooms")).toHaveLength(0);
    await store.commit([put("x"), { op: "put", table: "session", key: "current", value: 1 }]);
    await store.clear();
    expect(await store.range("rooms")).toHaveLength(0);
    expect(await store.get("session", "current")).toBeUndefined();
  });
});

describe("the store in IndexedDB", () => {
  it("writes all of a batch or nothing", async () => {
    const store = await IdbStore.open("atomic");
    const unstorable: StoreWrite = { op: "put", table: "sync", key: "b", value: () => undefined };
    await expect(store.commit([{ op: "put", table: "rooms", key: "a", value: 1 }, unstorable])).rejects.toThrow();
    expect(await store.get("rooms", "a")).toBeUndefined();
  });

  it("is there again after the page was closed", async () => {
    const before = await IdbStore.open("lasting");
    await before.commit([{ op: "put", table: "outbox", key: "1", value: { body: "hello" } }]);
    before.close();
    const after = await IdbStore.open("lasting");
    expect(await after.get("outbox", "1")).toEqual({ body: "hello" });
  });
});

it("names a device after browser and system", () => {
  expect(deviceName("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/156.0 Safari/537.36")).toBe("Chrome on Linux");
  expect(deviceName("something else")).toBe("Browser");
});
