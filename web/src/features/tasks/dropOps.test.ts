import type { Board, TaskView } from "@team/core";
import { describe, expect, it } from "vitest";
import { dropOps } from "./dropOps";

const task = (id: string, ...can: string[]) => ({ id, can }) as unknown as TaskView;
const board = (todo: TaskView[], done: TaskView[]): Board => ({
  extent: "all",
  columns: [
    { status: { id: "open", category: "todo", name: { en: "Open" } }, tasks: todo },
    { status: { id: "done", category: "done", name: { en: "Done" } }, tasks: done },
  ],
});

describe("a card dropped", () => {
  it("on another column takes its status", () => {
    expect(dropOps(board([task("a", "transition:done")], []), "a", "done")).toEqual([{ op: "transition", to: "done" }]);
  });

  it("on a column that it may not go to stays where it was", () => {
    expect(dropOps(board([task("a", "rank")], []), "a", "done")).toEqual([]);
  });

  it("on a card of another column takes its status and the place before it", () => {
    expect(dropOps(board([task("a", "transition:done", "rank")], [task("x"), task("y")]), "a", "y")).toEqual([
      { op: "transition", to: "done" },
      { op: "rank", before: "y", after: "x" },
    ]);
  });

  it("further down in its column comes behind the card below it, further up before the one above", () => {
    const column = [task("a", "rank"), task("b", "rank"), task("c", "rank")];
    expect(dropOps(board(column, []), "a", "b")).toEqual([{ op: "rank", before: "c", after: "b" }]);
    expect(dropOps(board(column, []), "c", "a")).toEqual([{ op: "rank", before: "a" }]);
  });
});
