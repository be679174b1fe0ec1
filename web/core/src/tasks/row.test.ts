import { describe, expect, it } from "vitest";
import { egTasks } from "../../test/egTasks";
import { afterNews, type Known, type TaskNews } from "./row";

const nothing: Known = { row: null, floor: 0 };
const me = "@ivan:test";
const heard = (fields: Parameters<typeof egTasks.heard>[0], more?: Parameters<typeof egTasks.heard>[1]): TaskNews => ({ kind: "heard", heard: egTasks.heard(fields, more) });
const told = (fields: Parameters<typeof egTasks.task>[0]): TaskNews => ({ kind: "told", task: egTasks.task(fields) });
const fold = (...news: TaskNews[]): Known => news.reduce((known, each) => afterNews(known, each, me), nothing);
const tombstone = (rev: number): TaskNews => ({
  kind: "heard",
  heard: { ...egTasks.heard(), snapshot: { v: 1, task_id: egTasks.id, key: "OPS-42", rev, erased: true } },
});

describe("folding revisions", () => {
  it("keeps the highest, in whatever order they come", () => {
    const [one, two, three] = [heard({ rev: 1 }), heard({ rev: 2, title: "two" }), heard({ rev: 3, title: "three" })];
    for (const order of [[one, two, three], [three, two, one], [two, three, one], [three, one, two, three]]) {
      const { row } = fold(...order);
      expect(row?.task).toMatchObject({ rev: 3, title: "three", room_id: "!room:test", event_id: "$root" });
      expect(row?.authors.map(({ rev }) => rev)).toEqual([1, 2, 3]);
    }
  });

  it("needs any later one alone, for each is whole", () => {
    expect(fold(heard({ rev: 7, title: "seven" })).row?.task).toMatchObject({ rev: 7, title: "seven", labels: [], due: null, can: [] });
  });

  it("knows what the service allows only for the revision it told", () => {
    const known = fold(told({ rev: 2, can: ["accept", "decline"] }), heard({ rev: 3 }));
    expect(known.row).toMatchObject({ judged: 2, task: { rev: 3, can: ["accept", "decline"] } });
    expect(afterNews(known, told({ rev: 3, can: ["comment"] }), me).row).toMatchObject({ judged: 3, task: { can: ["comment"] } });
  });

  it("waits for the service's word anew once the room's rules are others", () => {
    const known = fold(told({ rev: 2, can: ["comment"] }), { kind: "outruled", taskId: egTasks.id });
    expect(known.row).toMatchObject({ judged: null, task: { rev: 2, can: ["comment"] } });
    expect(afterNews(known, { kind: "outruled", taskId: egTasks.id }, me)).toBe(known);
    expect(afterNews(known, told({ rev: 2, can: ["watch"] }), me).row).toMatchObject({ judged: 2, task: { can: ["watch"] } });
    expect(afterNews(known, heard({ rev: 3 }), me).row?.judged).toBe(0);
  });

  it("does not go back to what the service's index had a moment ago", () => {
    const known = fold(heard({ rev: 3, title: "three" }));
    expect(afterNews(known, told({ rev: 2, title: "two" }), me)).toBe(known);
  });

  it("hears nothing twice", () => {
    const known = fold(heard({ rev: 2 }));
    expect(afterNews(known, heard({ rev: 2 }), me)).toBe(known);
  });
});

describe("a task that is no more", () => {
  it("stays away when older news arrive late", () => {
    const erased = fold(heard({ rev: 3 }), tombstone(4));
    expect(erased).toEqual({ row: null, floor: 4 });
    expect(afterNews(erased, heard({ rev: 3 }), me).row).toBeNull();
    expect(afterNews(erased, told({ rev: 4 }), me).row).toBeNull();
  });

  it("is erased also before it was heard of", () => {
    expect(fold(tombstone(4), heard({ rev: 2 })).row).toBeNull();
  });

  it("leaves a room for another one, in whichever order the two rooms tell", () => {
    const departure = heard({ rev: 5 }, { departure: true });
    const arrival = heard({ rev: 5 }, { roomId: "!other:test", rootId: "$new" });
    for (const order of [[departure, arrival], [arrival, departure]]) {
      expect(fold(heard({ rev: 4 }), ...order).row?.task).toMatchObject({ rev: 5, room_id: "!other:test", event_id: "$new" });
    }
    expect(fold(heard({ rev: 4 }), departure).row).toBeNull();
  });

  it("is gone where the service says so, but not from the room it went to", () => {
    const known = fold(heard({ rev: 5 }, { roomId: "!other:test" }));
    expect(afterNews(known, { kind: "gone", taskId: egTasks.id, roomId: "!room:test" }, me)).toBe(known);
    expect(afterNews(known, { kind: "gone", taskId: egTasks.id, roomId: "!other:test" }, me).row).toBeNull();
  });
});
