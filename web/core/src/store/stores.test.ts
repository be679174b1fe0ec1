import { describe, expect, it } from "vitest";
import { lastPart, storeKey, under } from "./keys";
import { MemoryStore } from "./memoryStore";
import { TabStore } from "./tabStore";
import { Writer } from "./writer";

describe("keys", () => {
  it("keep what belongs together together", async () => {
    const store = new MemoryStore();
    const keys = [storeKey("!a", "1"), storeKey("!a", "2", "x"), storeKey("!ab", "1"), storeKey("!a"), storeKey("!A", "1")];
    await store.commit(keys.map((key) => ({ op: "put", table: "state", key, value: lastPart(key) })));
    expect((await store.range("state", under("!a"))).map((entry) => entry.value)).toEqual(["1", "x"]);
  });
});

describe("a following tab", () => {
  async function tabs(): Promise<{ base: MemoryStore; tab: TabStore }> {
    const base = new MemoryStore();
    await base.commit(["a", "b", "c"].map((key) => ({ op: "put", table: "rooms", key, value: `base ${key}` })));
    const tab = new TabStore(base);
    tab.follow();
    return { base, tab };
  }

  it("reads the common store and writes what sync brings into its own memory", async () => {
    const { base, tab } = await tabs();
    await tab.commit([
      { op: "put", table: "rooms", key: "b", value: "mine" },
      { op: "delete", table: "rooms", key: "c" },
      { op: "put", table: "rooms", key: "d", value: "new" },
    ]);
    expect(await tab.range("rooms")).toEqual([
      { key: "a", value: "base a" },
      { key: "b", value: "mine" },
      { key: "d", value: "new" },
    ]);
    expect(await tab.range("rooms", { reverse: true, limit: 1 })).toEqual([{ key: "d", value: "new" }]);
    expect(await tab.getMany("rooms", ["c", "a"])).toEqual([undefined, "base a"]);
    expect(await base.range("rooms")).toHaveLength(3);
  });

  it("hides what it deleted, and shows what it wrote afterwards", async () => {
    const { tab } = await tabs();
    await tab.commit([
      { op: "deleteRange", table: "rooms", range: { from: "a", to: "c" } },
      { op: "put", table: "rooms", key: "a", value: "again" },
    ]);
    expect(await tab.range("rooms")).toEqual([
      { key: "a", value: "again" },
      { key: "c", value: "base c" },
    ]);
    expect(await tab.get("rooms", "b")).toBeUndefined();
  });

  it("keeps what a person wrote where it survives the tab", async () => {
    const { base, tab } = await tabs();
    await tab.commit([{ op: "put", table: "drafts", key: "x", value: "text" }]);
    expect(await base.get("drafts", "x")).toBe("text");
    tab.lead();
    await tab.commit([{ op: "put", table: "rooms", key: "e", value: 1 }]);
    expect(await base.get("rooms", "e")).toBe(1);
  });
});

describe("the writer", () => {
  it("lets one in at a time, in order, whatever happens to those before", async () => {
    const writer = new Writer(new MemoryStore());
    const diary: string[] = [];
    const work = (name: string, fails = false) => async (): Promise<string> => {
      diary.push(`${name} begins`);
      await new Promise((resolve) => setImmediate(resolve));
      if (fails) throw new Error(name);
      diary.push(`${name} ends`);
      return name;
    };
    const results = await Promise.allSettled([writer.exclusive(work("a")), writer.exclusive(work("b", true)), writer.exclusive(work("c"))]);
    expect(results.map((result) => result.status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(diary).toEqual(["a begins", "a ends", "b begins", "c begins", "c ends"]);
  });
});
