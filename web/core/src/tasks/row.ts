import type { RoomId, UserId } from "../ids";
import type { Task, Uuid } from "./contracts";
import { taskOf, type Heard } from "./shape";
import { toldStanding, type ToldStanding } from "./standing";

/** A task as last heard, in the store. */
export interface TaskRow {
  readonly task: Task;
  /** The revision that the service gave `can` and `blocked` for; 0: never. Null: under rules that the room no longer has. */
  readonly judged: number | null;
  readonly told: ToldStanding | null;
  /** Who made the newest revisions, oldest first. */
  readonly authors: readonly { readonly rev: number; readonly by: UserId }[];
}

export type TaskNews =
  /** A revision from the room. */
  | { readonly kind: "heard"; readonly heard: Heard }
  /** The service's own answer. */
  | { readonly kind: "told"; readonly task: Task }
  /** The rules that the service went by are others now. */
  | { readonly kind: "outruled"; readonly taskId: Uuid }
  /** Not to be seen any more; where it left to somewhere else, `roomId` is what it left. */
  | { readonly kind: "gone"; readonly taskId: Uuid; readonly roomId: RoomId | null };

const AUTHORS = 20;

/** What a task is after news of it. `floor`: revisions up to it are gone for good. */
export interface Known {
  readonly row: TaskRow | null;
  readonly floor: number;
}

/** Pure. Only a higher revision replaces a lower one: order and time of arrival do not matter. */
export function afterNews(known: Known, news: TaskNews, me: UserId): Known {
  switch (news.kind) {
    case "told":
      return afterTold(known, news.task, me);
    case "heard":
      return afterHeard(known, news.heard);
    case "outruled":
      return known.row === null || known.row.judged === null ? known : { ...known, row: { ...known.row, judged: null } };
    case "gone":
      if (known.row === null || (news.roomId !== null && known.row.task.room_id !== news.roomId)) return known;
      return { ...known, row: null };
  }
}

function afterTold(known: Known, task: Task, me: UserId): Known {
  const { row, floor } = known;
  if (task.rev <= floor || (row !== null && task.rev < row.task.rev)) return known;
  return { floor, row: { task, judged: task.rev, told: toldStanding(task, me), authors: row?.authors ?? [] } };
}

function afterHeard(known: Known, heard: Heard): Known {
  const { row, floor } = known;
  const { snapshot, change, roomId, rootId } = heard;
  const { rev } = snapshot;
  if ("erased" in snapshot) return { row: row !== null && row.task.rev > rev ? row : null, floor: Math.max(floor, rev) };
  if (heard.departure) {
    // The same revision arrives as a root elsewhere; there it may or may not be for me to see.
    const left = row !== null && row.task.room_id === roomId && row.task.rev <= rev;
    return { row: left ? null : row, floor: Math.max(floor, rev - 1) };
  }
  if (rev <= floor) return known;
  const authors = withAuthor(row?.authors ?? [], rev, change?.actor ?? null);
  if (row !== null && rev <= row.task.rev) {
    return authors === row.authors ? known : { ...known, row: { ...row, authors } };
  }
  const task = taskOf(snapshot, { roomId, rootId }, row?.task ?? null);
  return { floor, row: { task, judged: row?.judged ?? 0, told: row?.told ?? null, authors } };
}

function withAuthor(authors: TaskRow["authors"], rev: number, by: UserId | null): TaskRow["authors"] {
  if (by === null || authors.some((each) => each.rev === rev)) return authors;
  return [...authors, { rev, by }].sort((a, b) => a.rev - b.rev).slice(-AUTHORS);
}
