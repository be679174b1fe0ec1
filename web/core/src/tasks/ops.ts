import type { UserId } from "../ids";
import type {
  Attachment,
  CustomFieldsPatch,
  ItemDraft,
  ItemId,
  Link,
  Op,
  Priority,
  Recurrence,
  Slug,
  Uuid,
  When,
} from "./contracts";

/** Builders of operations: `tasks.run(id, [op.title("Contract"), op.due({ date: "2026-12-01" })])`. */
export const op = {
  title: (value: string): Op => ({ op: "set", field: "title", value }),
  description: (value: string | null): Op => ({ op: "set", field: "description", value }),
  priority: (value: Priority): Op => ({ op: "set", field: "priority", value }),
  due: (value: When | null): Op => ({ op: "set", field: "due", value }),
  start: (value: When | null): Op => ({ op: "set", field: "start", value }),
  /** Minutes of work. */
  estimate: (value: number | null): Op => ({ op: "set", field: "estimate_min", value }),
  parent: (value: Uuid | null): Op => ({ op: "set", field: "parent", value }),
  blockedReason: (value: string | null): Op => ({ op: "set", field: "blocked_reason", value }),
  needsReview: (value: boolean): Op => ({ op: "set", field: "needs_review", value }),
  recurrence: (value: Recurrence | null): Op => ({ op: "set", field: "recurrence", value }),
  /** Custom fields: null removes one, the others stay. */
  fields: (value: CustomFieldsPatch): Op => ({ op: "set", field: "fields", value }),

  addLabel: (value: Slug): Op => ({ op: "add", field: "labels", value }),
  removeLabel: (value: Slug): Op => ({ op: "remove", field: "labels", value }),
  addCollaborator: (value: UserId): Op => ({ op: "add", field: "collaborators", value }),
  removeCollaborator: (value: UserId): Op => ({ op: "remove", field: "collaborators", value }),
  addWatcher: (value: UserId): Op => ({ op: "add", field: "watchers", value }),
  removeWatcher: (value: UserId): Op => ({ op: "remove", field: "watchers", value }),
  addBlocker: (value: Uuid): Op => ({ op: "add", field: "blocked_by", value }),
  removeBlocker: (value: Uuid): Op => ({ op: "remove", field: "blocked_by", value }),
  addLink: (value: Link): Op => ({ op: "add", field: "links", value }),
  removeLink: (value: Link): Op => ({ op: "remove", field: "links", value }),
  attach: (value: Attachment): Op => ({ op: "add", field: "attachments", value }),
  detach: (value: Attachment): Op => ({ op: "remove", field: "attachments", value }),

  /** A new item, or a change of the one with this id. `after`: the item it stands behind, null for first. */
  putItem: (item: ItemDraft, after?: ItemId | null): Op => ({ op: "item_put", item, ...(after === undefined ? {} : { after }) }),
  checkItem: (id: ItemId, done: boolean): Op => ({ op: "item_check", id, done }),
  removeItem: (id: ItemId): Op => ({ op: "item_remove", id }),

  /** `force` closes over open blockers, and wants a reason. */
  transition: (to: Slug, options: { readonly reason?: string; readonly force?: boolean } = {}): Op => ({ op: "transition", to, ...options }),
  /** `request`: ask, even where one may assign directly. */
  assign: (to: UserId | null, options: { readonly request?: boolean } = {}): Op => ({ op: "assign", to, ...options }),
  accept: (): Op => ({ op: "accept" }),
  decline: (reason: string): Op => ({ op: "decline", reason }),
  /** Place on the board: before one task of the room, after another, or between two. */
  rank: (place: { readonly before?: Uuid; readonly after?: Uuid }): Op => ({ op: "rank", ...place }),
  move: (roomId: string): Op => ({ op: "move", room_id: roomId }),
  erase: (): Op => ({ op: "erase" }),
} as const;
