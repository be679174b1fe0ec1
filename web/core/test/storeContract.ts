import type { Store, StoreWrite } from "../src/index";

/** As much of a test runner as the claims below need; vitest and jest both have it. */
export interface TestRunner {
  readonly it: (claim: string, test: () => Promise<void>) => void;
  readonly expect: (value: unknown) => {
    toEqual(expected: unknown): void;
    toBeUndefined(): void;
    toHaveLength(length: number): void;
  };
}

/** Whatever is true of one store is true of every other. `open` gives an empty one. */
export function itIsAStore(open: () => Promise<Store>, { it, expect }: TestRunner): void {
  const put = (key: string, value: unknown = key): StoreWrite => ({ op: "put", table: "rooms", key, value });
  const keysOf = async (store: Store, range?: Parameters<Store["range"]>[1]): Promise<string[]> =>
    (await store.range("rooms", range)).map((entry) => entry.key);

  it("gives back what was put, and undefined for what was not", async () => {
    const store = await open();
    const value = { deep: [1, null, "x", -0.5, true], text: "ё \u0000 \ud83c\udf89 \ud800 '\"\\\n" };
    await store.commit([put("a", value)]);
    expect(await store.get("rooms", "a")).toEqual(value);
    expect(await store.get("rooms", "b")).toBeUndefined();
    expect(await store.get("state", "a")).toBeUndefined();
    expect(await store.getMany("rooms", ["b", "a", "b"])).toEqual([undefined, value, undefined]);
    expect(await store.getMany("rooms", [])).toEqual([]);
  });

  it("applies a batch in its order", async () => {
    const store = await open();
    await store.commit([put("a", 1), { op: "delete", table: "rooms", key: "a" }, put("a", 2), put("b", 3), put("b", 4)]);
    await store.commit([{ op: "deleteRange", table: "rooms", range: { from: "b" } }, put("c", 4)]);
    expect(await store.range("rooms")).toEqual([
      { key: "a", value: 2 },
      { key: "c", value: 4 },
    ]);
  });

  it("takes batches that are empty, and large ones", async () => {
    const store = await open();
    await store.commit([]);
    await store.commit(Array.from({ length: 1500 }, (_, at) => put(String(at).padStart(5, "0"), { at, text: "x".repeat(200) })));
    expect(await store.range("rooms", { from: "00700", limit: 1 })).toEqual([{ key: "00700", value: { at: 700, text: "x".repeat(200) } }]);
    expect(await keysOf(store)).toHaveLength(1500);
  });

  it("reads ranges in both directions, the start included and the end excluded", async () => {
    const store = await open();
    await store.commit(["d", "a", "c", "b"].map((key) => put(key)));
    expect(await keysOf(store)).toEqual(["a", "b", "c", "d"]);
    expect(await keysOf(store, { from: "b", to: "d" })).toEqual(["b", "c"]);
    expect(await keysOf(store, { from: "a", limit: 2 })).toEqual(["a", "b"]);
    expect(await keysOf(store, { to: "d", reverse: true, limit: 2 })).toEqual(["c", "b"]);
    expect(await keysOf(store, { from: "c", to: "b" })).toEqual([]);
  });

  it("orders keys by their UTF-16 code units, whatever is in them", async () => {
    const store = await open();
    // By code points, and in UTF-8, U+FFFD stands below U+1F389; by code units above it.
    const keys = ["", "\u0000", "\u0000\u0000", "\u0001", "\n", "a", "a\n", "a\u000bb", "ё", "\ud7fe", "\ud7ff", "\ud83c\udf89", "\udf89", "\ue000", "\ufffd", "\uffff"];
    await store.commit([...keys].reverse().map((key) => put(key)));
    expect(await keysOf(store)).toEqual(keys);
    expect(await keysOf(store, { from: "\ud83c", to: "\ufffd" })).toEqual(["\ud83c\udf89", "\udf89", "\ue000"]);
    expect(await store.getMany("rooms", keys)).toEqual(keys);
  });

  it("deletes ranges, and everything", async () => {
    const store = await open();
    await store.commit(["a", "b", "c"].map((key) => put(key)));
    await store.commit([{ op: "deleteRange", table: "rooms", range: { from: "a", to: "c" } }]);
    expect(await keysOf(store)).toEqual(["c"]);
    await store.commit([put("x"), { op: "deleteRange", table: "rooms", range: {} }]);
    expect(await keysOf(store)).toEqual([]);
    await store.commit([put("x"), { op: "put", table: "session", key: "current", value: 1 }]);
    await store.clear();
    expect(await keysOf(store)).toEqual([]);
    expect(await store.get("session", "current")).toBeUndefined();
  });

  it("takes what is asked for at the same time in the order of asking", async () => {
    const store = await open();
    const done = ["1", "2", "3"].map((value) => store.commit([put("a", value), put(value)]));
    const seen = await store.get("rooms", "a");
    await Promise.all(done);
    expect(["1", "2", "3", undefined].includes(seen as string | undefined)).toEqual(true);
    expect(await store.get("rooms", "a")).toEqual("3");
    expect(await keysOf(store)).toEqual(["1", "2", "3", "a"]);
  });
}
