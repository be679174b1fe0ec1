import type { RawEvent } from "../api/wire";
import { localId, type EventId, type MxcUri, type TxnId, type UserId } from "../ids";
import type { PlatformBlob } from "../platform";
import type { RoomRights } from "../rooms/model";
import type { ReceiptRecord, RoomRecord } from "../rooms/record";
import { contentOf, eventTypeOf, type OutboxEntry } from "../sendQueue/entry";
import {
  editedContent,
  isMessageType,
  isRedacted,
  mentions,
  previewOfEvent,
  readContent,
  redactionOf,
  replyTarget,
} from "./events";
import type { MessageContent, Quote, Reaction, ReadMark, SentItem, StateChange, ThreadSummary, TimelineItem } from "./model";
import { pendingOf, type Pending } from "./pending";
import { readMarks } from "./readMarks";
import { relationsOf, type Relations } from "./relations";
import type { TimelineWithTasks } from "../tasks/model";
import { isCard, isTaskEvent, TaskItems, type TaskLens } from "../tasks/timelineItems";
import { keepingSame } from "./sameValue";
import { stateChange } from "./stateChange";
import type { StoredEvent } from "./stored";
import type { MessagePreview } from "./preview";

/** Everything that a timeline's items follow from. */
export interface TimelineFacts {
  readonly me: UserId;
  /** Null for the main timeline. */
  readonly threadId: EventId | null;
  /** In timeline order, with everything that relates to them. */
  readonly events: readonly StoredEvent[];
  /** The room's outbox, oldest first. */
  readonly entries: readonly OutboxEntry[];
  readonly record: RoomRecord;
  readonly rights: RoomRights;
  readonly receipts: ReadonlyMap<UserId, ReceiptRecord>;
  /** Quoted events that are not among `events`; null: not to be had. */
  readonly quotes: ReadonlyMap<EventId, RawEvent | null>;
  nameOf(userId: UserId): string;
  avatarOf(userId: UserId): MxcUri | null;
  echoKey(eventId: EventId): string | null;
  localMedia(id: TxnId | EventId): PlatformBlob | null;
  progress(txnId: TxnId): number | null;
  readonly lens: TaskLens;
}

type AnyItem = TimelineWithTasks["items"][number];

/** Pure. The items of a timeline; those that did not change are the same objects as before. */
export function deriveItems(facts: TimelineFacts, before: readonly TimelineItem[]): readonly TimelineItem[] {
  const items = new ItemBuilder(facts, false).items().filter((item) => item.kind !== "task" && item.kind !== "taskChange");
  return keepingSame(before, items, (item) => item.key);
}

/** Pure. The same with the cards and activity lines of tasks. */
export function deriveWithTasks(facts: TimelineFacts, before: readonly AnyItem[]): readonly AnyItem[] {
  return keepingSame(before, new ItemBuilder(facts, true).items(), (item) => item.key);
}

/** Pure. People who changed tasks: the service's events do not bring their names along. */
export function taskActors(facts: TimelineFacts): readonly UserId[] {
  return facts.events.some(isTaskEvent) ? new TaskItems(facts.events, facts.lens).actors(facts.events) : [];
}

/** Pure. Quoted events that would have to be fetched. */
export function missingQuotes(facts: TimelineFacts): readonly EventId[] {
  const here = new Set(facts.events.map(({ event }) => event.event_id));
  const targets = facts.events.flatMap(({ event }) => (isRedacted(event) ? [] : (replyTarget(event.content) ?? [])));
  return [...new Set(targets)].filter((target) => !here.has(target) && !facts.quotes.has(target));
}

/** Shared values: equal ones are then the same, and comparing items stays cheap. */
const NO_REACTIONS: readonly Reaction[] = [];
const NO_MARKS: readonly ReadMark[] = [];
const POSSIBILITIES = new Map<number, SentItem["can"]>();

function possibilities(edit: boolean, redact: boolean, react: boolean, reply: boolean): SentItem["can"] {
  const index = Number(edit) + 2 * Number(redact) + 4 * Number(react) + 8 * Number(reply);
  const known = POSSIBILITIES.get(index) ?? { edit, redact, react, reply };
  POSSIBILITIES.set(index, known);
  return known;
}

/** Contents are immutable, and read once. */
const READ = new WeakMap<RawEvent["content"], MessageContent>();

function readOnce(type: string, content: RawEvent["content"]): MessageContent {
  const known = READ.get(content) ?? readContent(type, content);
  READ.set(content, known);
  return known;
}

class ItemBuilder {
  private readonly relations: Relations;
  private readonly pending: Pending;
  private marks: ReadonlyMap<EventId, readonly ReadMark[]> = new Map();
  private readonly tasks: TaskItems | null;

  constructor(
    private readonly facts: TimelineFacts,
    withTasks: boolean,
  ) {
    this.relations = relationsOf(facts.events);
    this.pending = pendingOf(facts.entries);
    this.tasks = withTasks ? new TaskItems(facts.events, facts.lens) : null;
  }

  items(): AnyItem[] {
    const lines = this.facts.events.filter((each) => this.isHere(each) && this.hasLine(each));
    this.marks = readMarks(this.facts.events, new Set(lines.map(({ event }) => event.event_id)), this.facts);
    const items = lines.flatMap((each): AnyItem[] => {
      const item = isTaskEvent(each) ? this.ofTask(each) : this.ofEvent(each);
      return item === null ? [] : [item];
    });
    for (const entry of this.pending.messages) {
      if (entry.threadId !== this.facts.threadId || this.isArrived(entry)) continue;
      const item = this.ofEntry(entry);
      if (item !== null) items.push(item);
    }
    return items;
  }

  private isHere({ event, threadId }: StoredEvent): boolean {
    const { threadId: wanted } = this.facts;
    return wanted === null ? threadId === null : threadId === wanted || event.event_id === wanted;
  }

  private hasLine(each: StoredEvent): boolean {
    const { event, edit } = each;
    if (isTaskEvent(each)) return this.tasks?.hasItem(each) ?? false;
    if (event.state_key !== undefined) return this.facts.threadId === null && this.change(event) !== null;
    return isMessageType(event.type) && !edit && !isCard(each, this.facts.lens);
  }

  /** That the service of the room's tasks comes and gets its power is nobody's news. */
  private change(event: RawEvent): StateChange | null {
    const { lens, nameOf } = this.facts;
    if (event.type === "m.room.member" && lens.trusts(event.state_key ?? "")) return null;
    const change = stateChange(event, nameOf);
    if (change?.type !== "powerChanged") return change;
    const changes = change.changes.filter(({ person }) => !lens.trusts(person.userId));
    return changes.length === 0 ? null : { ...change, changes };
  }

  private isArrived(entry: OutboxEntry): boolean {
    return entry.eventId !== null && this.relations.byId.has(entry.eventId);
  }

  private base(event: RawEvent): Pick<SentItem, "key" | "ts" | "sender" | "senderName" | "senderAvatar" | "own"> {
    return {
      key: this.facts.echoKey(event.event_id) ?? event.event_id,
      ts: event.origin_server_ts,
      sender: event.sender,
      senderName: this.facts.nameOf(event.sender),
      senderAvatar: this.facts.avatarOf(event.sender),
      own: event.sender === this.facts.me,
    };
  }

  private ofTask(each: StoredEvent): AnyItem | null {
    const { me, lens, nameOf, avatarOf } = this.facts;
    const readBy = (eventId: EventId): readonly ReadMark[] => this.marks.get(eventId) ?? NO_MARKS;
    return this.tasks?.item(each, { me, lens, nameOf, avatarOf, readBy, thread: (rootId) => this.thread(rootId) }) ?? null;
  }

  private ofEvent({ event, threadId }: StoredEvent): TimelineItem | null {
    const eventId = event.event_id;
    const base = this.base(event);
    const readBy = this.marks.get(eventId) ?? NO_MARKS;
    if (event.state_key !== undefined) {
      const change = this.change(event);
      return change === null ? null : { kind: "change", ...base, eventId, change, readBy };
    }
    const redaction = this.pending.redactions.get(eventId) ?? null;
    if (isRedacted(event) || (redaction !== null && redaction.state !== "failed")) {
      const { by, reason } = redaction === null ? redactionOf(event) : { by: this.facts.me, reason: null };
      const redactedByName = by === null ? null : this.facts.nameOf(by);
      return { kind: "redacted", ...base, eventId, redactedBy: by, redactedByName, reason, thread: this.thread(eventId), readBy };
    }
    const pendingEdit = this.pending.edits.get(eventId) ?? null;
    const edit = this.relations.edits.get(eventId) ?? null;
    const content = this.shownContent(event, edit, pendingEdit);
    return {
      kind: "sent",
      ...base,
      content: this.withLocalMedia(content, eventId),
      replyTo: this.quote(event.content),
      threadId,
      mentionsMe: !base.own && mentions(edit === null ? event.content : editedContent(event.content, edit.content), this.facts.me),
      eventId,
      edited: edit !== null || pendingEdit !== null,
      editedTs: edit?.origin_server_ts ?? null,
      pendingEdit:
        pendingEdit === null || pendingEdit.state === "sent"
          ? null
          : { txnId: pendingEdit.txnId, failed: pendingEdit.state === "failed" ? pendingEdit.error : null },
      redactFailed:
        redaction === null || redaction.error === null ? null : { txnId: redaction.txnId, error: redaction.error },
      reactions: this.reactions(eventId),
      thread: this.thread(eventId),
      readBy,
      pinned: this.facts.record.pinned.includes(eventId),
      can: this.can(base.own, content),
    };
  }

  private can(own: boolean, content: MessageContent): SentItem["can"] {
    const { rights } = this.facts;
    const isText = content.type === "text" || content.type === "notice" || content.type === "emote";
    return possibilities(own && isText && rights.send, own ? rights.send : rights.redactOthers, rights.react, rights.send);
  }

  private shownContent(event: RawEvent, edit: RawEvent | null, pendingEdit: OutboxEntry | null): MessageContent {
    const change = pendingEdit === null ? edit?.content : (contentOf(pendingEdit.request) ?? undefined);
    return change === undefined
      ? readOnce(event.type, event.content)
      : readContent(event.type, editedContent(event.content, change));
  }

  private ofEntry(entry: OutboxEntry): TimelineItem | null {
    const ids = [localId(entry.txnId), ...(entry.eventId === null ? [] : [entry.eventId])];
    // Deleted before it was sent for certain: out of sight already.
    if (ids.some((id) => this.pending.redactions.has(id))) return null;
    const { me } = this.facts;
    const content = contentOf(entry.request) ?? {};
    const key = localId(entry.txnId);
    const ownEdit = this.pending.edits.get(key) ?? (entry.eventId === null ? undefined : this.pending.edits.get(entry.eventId));
    const change = ownEdit === undefined ? null : contentOf(ownEdit.request);
    const shown = readContent(eventTypeOf(entry.request), change === null ? content : editedContent(content, change));
    const base = {
      key,
      ts: entry.queuedTs,
      sender: me,
      senderName: this.facts.nameOf(me),
      senderAvatar: this.facts.avatarOf(me),
      own: true,
      content: this.withLocalMedia(shown, entry.txnId),
      replyTo: this.quote(content),
      threadId: entry.threadId,
      mentionsMe: false,
    };
    if (entry.state === "failed" && entry.error !== null) {
      return { kind: "failed", ...base, txnId: entry.txnId, error: entry.error, retryable: entry.retryable };
    }
    if (entry.state !== "sent" || entry.eventId === null) {
      return { kind: "sending", ...base, txnId: entry.txnId, progress: this.facts.progress(entry.txnId) };
    }
    return {
      kind: "sent",
      ...base,
      content: this.withLocalMedia(shown, entry.eventId),
      eventId: entry.eventId,
      edited: ownEdit !== undefined,
      editedTs: null,
      pendingEdit: null,
      redactFailed: null,
      reactions: this.reactions(entry.eventId),
      thread: null,
      readBy: [],
      pinned: false,
      can: this.can(true, shown),
    };
  }

  private withLocalMedia(content: MessageContent, id: TxnId | EventId): MessageContent {
    if (!("media" in content)) return content;
    const local = this.facts.localMedia(id);
    return local === null ? content : { ...content, media: { ...content.media, local } };
  }

  private quote(content: RawEvent["content"]): Quote | null {
    const target = replyTarget(content);
    if (target === null) return null;
    const known = this.relations.byId.get(target)?.event ?? this.facts.quotes.get(target);
    if (known === undefined) {
      const echo = this.pending.messages.find((entry) => localId(entry.txnId) === target || entry.eventId === target);
      return echo === undefined ? { kind: "loading", eventId: target } : this.quoteOfEntry(target, echo);
    }
    if (known === null) return { kind: "missing", eventId: target };
    const preview = previewOfEvent(known, this.relations.edits.get(target) ?? null);
    return { kind: "known", eventId: target, sender: known.sender, senderName: this.facts.nameOf(known.sender), preview };
  }

  private quoteOfEntry(target: EventId, entry: OutboxEntry): Quote {
    const { me } = this.facts;
    const event: RawEvent = {
      event_id: target,
      type: eventTypeOf(entry.request),
      sender: me,
      origin_server_ts: entry.queuedTs,
      content: contentOf(entry.request) ?? {},
    };
    return { kind: "known", eventId: target, sender: me, senderName: this.facts.nameOf(me), preview: previewOfEvent(event, null) };
  }

  private reactions(eventId: EventId): readonly Reaction[] {
    const { me } = this.facts;
    const mineOnTheirWay = this.pending.reactions.get(eventId);
    if (mineOnTheirWay === undefined && !this.relations.reactions.has(eventId)) return NO_REACTIONS;
    const keys = new Set([...(this.relations.reactions.get(eventId)?.keys() ?? []), ...(mineOnTheirWay?.keys() ?? [])]);
    const reactions: Reaction[] = [];
    for (const key of keys) {
      const bySender = this.relations.reactions.get(eventId)?.get(key) ?? new Map<UserId, RawEvent>();
      const mine = bySender.get(me);
      const removal = mine === undefined ? undefined : this.pending.redactions.get(mine.event_id);
      const adding = mineOnTheirWay?.get(key);
      // A reaction taken back before it was sent points its redaction at the echo.
      const addingUndone = adding !== undefined && [localId(adding.txnId), adding.eventId].some((id) => id !== null && this.pending.redactions.has(id));
      const has = (mine !== undefined && removal === undefined) || (adding !== undefined && adding.state !== "failed" && !addingUndone);
      const senders = [...bySender.keys()].filter((userId) => userId !== me);
      if (has) senders.push(me);
      if (senders.length === 0) continue;
      reactions.push({
        key,
        count: senders.length,
        senders: senders.map((userId) => ({ userId, name: this.facts.nameOf(userId) })),
        mine: has,
        pending: [removal, adding].some((entry) => entry !== undefined && entry.state === "waiting"),
      });
    }
    return reactions;
  }

  private thread(rootId: EventId): ThreadSummary | null {
    if (this.facts.threadId !== null) return null;
    const replies = (this.relations.threads.get(rootId) ?? []).filter((each) => isMessageType(each.event.type) && !each.edit);
    const latest = replies.at(-1)?.event;
    if (latest === undefined) return null;
    const unread = this.facts.record.threadUnread[rootId] ?? { notifications: 0, highlights: 0 };
    return {
      rootId,
      count: replies.length,
      latest: previewMessage(latest, this.relations.edits.get(latest.event_id) ?? null, this.facts),
      participated: replies.some(({ event }) => event.sender === this.facts.me),
      unreadCount: unread.notifications,
      highlightCount: unread.highlights,
    };
  }
}

/** Pure. */
export function previewMessage(
  event: RawEvent,
  edit: RawEvent | null,
  context: Pick<TimelineFacts, "me" | "nameOf">,
): MessagePreview {
  return {
    eventId: event.event_id,
    ts: event.origin_server_ts,
    sender: event.sender,
    senderName: context.nameOf(event.sender),
    own: event.sender === context.me,
    preview: previewOfEvent(event, edit),
  };
}
