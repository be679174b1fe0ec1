import type { EventId, RoomId, TargetId, TxnId, UserId } from "../ids";
import { isLocalId, localId } from "../ids";
import { memberList } from "../members/memberList";
import { Value, type Observable } from "../observable";
import type { Outbox } from "../sendQueue/outbox";
import type { Threads, Timeline } from "../timeline/contract";
import type { OpenRoom, RoomDrawing } from "../timeline/openRoom";
import { pendingOf } from "../timeline/pending";
import { relationsOf } from "../timeline/relations";
import type { StoredEvent } from "../timeline/stored";
import type { Room } from "./contract";
import type { MemberList, RoomDetails, RoomSummary, TypingUser } from "./model";
import type { Reading } from "./reading";
import type { RoomActions } from "./roomActions";
import type { RoomRecords } from "./roomRecords";
import { powersOf } from "./summary";
import type { TypingNotifier } from "./typingNotifier";

const NO_MEMBERS: MemberList = { members: [], complete: false };

/** What a room is made of; all of it belongs to this room alone. */
export interface RoomParts {
  readonly open: OpenRoom;
  readonly timeline: Timeline;
  readonly threads: Threads;
  readonly reading: Reading;
  readonly typing: TypingNotifier;
  readonly actions: RoomActions;
  makeThread(rootId: EventId): { readonly timeline: Timeline; events(): readonly StoredEvent[] };
  /** Leaves if need be, and drops it here and on the server. */
  forget(): Promise<void>;
}

export class RoomObject implements Room, RoomDrawing {
  readonly summary: Observable<RoomSummary | null>;
  readonly details: Observable<RoomDetails | null>;
  readonly members: Observable<MemberList>;
  readonly typing: Observable<readonly TypingUser[]>;
  readonly timeline: Timeline;
  readonly threads: Threads;
  readonly #members: Value<MemberList>;
  readonly #threads = new Map<EventId, ReturnType<RoomParts["makeThread"]>>();

  // The actions are the room's own functions: bound here once, so that they can be passed around.
  readonly invite: RoomActions["invite"];
  readonly join: RoomActions["join"];
  readonly leave: RoomActions["leave"];
  readonly kick: RoomActions["kick"];
  readonly ban: RoomActions["ban"];
  readonly unban: RoomActions["unban"];
  readonly setName: RoomActions["setName"];
  readonly setTopic: RoomActions["setTopic"];
  readonly setAvatar: RoomActions["setAvatar"];
  readonly setJoinRule: RoomActions["setJoinRule"];
  readonly setHistoryVisibility: RoomActions["setHistoryVisibility"];
  readonly setPowerLevels: RoomActions["setPowerLevels"];
  readonly setUserLevel: RoomActions["setUserLevel"];
  readonly setPinned: RoomActions["setPinned"];
  readonly sendState: RoomActions["sendState"];
  readonly stateEvent: RoomActions["stateEvent"];
  readonly aliases: RoomActions["aliases"];
  readonly addAlias: RoomActions["addAlias"];
  readonly removeAlias: RoomActions["removeAlias"];
  readonly setCanonicalAlias: RoomActions["setCanonicalAlias"];
  readonly listed: RoomActions["listed"];
  readonly setListed: RoomActions["setListed"];
  readonly setNotificationMode: RoomActions["setNotificationMode"];
  readonly setFavourite: RoomActions["setFavourite"];
  readonly setLowPriority: RoomActions["setLowPriority"];
  readonly setDirect: RoomActions["setDirect"];

  constructor(
    readonly roomId: RoomId,
    private readonly parts: RoomParts,
    private readonly records: RoomRecords,
    private readonly outbox: Outbox,
    private readonly me: () => UserId,
  ) {
    this.summary = records.summary(roomId);
    this.details = records.details(roomId);
    this.typing = parts.open.typing;
    this.timeline = parts.timeline;
    this.threads = parts.threads;
    this.#members = new Value(NO_MEMBERS, (observed) => {
      parts.open.observe(observed);
      if (!observed) return;
      void parts.open.load().then(() => this.redraw());
    });
    this.members = this.#members;
    parts.open.draws(this);

    const { actions } = parts;
    this.invite = (userId, reason) => actions.invite(userId, reason);
    this.join = (reason) => actions.join(reason);
    this.leave = (reason) => actions.leave(reason);
    this.kick = (userId, reason) => actions.kick(userId, reason);
    this.ban = (userId, reason) => actions.ban(userId, reason);
    this.unban = (userId, reason) => actions.unban(userId, reason);
    this.setName = (name) => actions.setName(name);
    this.setTopic = (topic) => actions.setTopic(topic);
    this.setAvatar = (avatar) => actions.setAvatar(avatar);
    this.setJoinRule = (joinRule) => actions.setJoinRule(joinRule);
    this.setHistoryVisibility = (visibility) => actions.setHistoryVisibility(visibility);
    this.setPowerLevels = (change) => actions.setPowerLevels(change);
    this.setUserLevel = (userId, level) => actions.setUserLevel(userId, level);
    this.setPinned = (eventId, pinned) => actions.setPinned(eventId, pinned);
    this.sendState = (type, stateKey, content) => actions.sendState(type, stateKey, content);
    this.stateEvent = (type, stateKey) => actions.stateEvent(type, stateKey);
    this.aliases = () => actions.aliases();
    this.addAlias = (alias) => actions.addAlias(alias);
    this.removeAlias = (alias) => actions.removeAlias(alias);
    this.setCanonicalAlias = (alias) => actions.setCanonicalAlias(alias);
    this.listed = () => actions.listed();
    this.setListed = (listed) => actions.setListed(listed);
    this.setNotificationMode = (mode) => actions.setNotificationMode(mode);
    this.setFavourite = (favourite, order) => actions.setFavourite(favourite, order);
    this.setLowPriority = (lowPriority) => actions.setLowPriority(lowPriority);
    this.setDirect = (userId) => actions.setDirect(userId);
  }

  thread(rootId: EventId): Timeline {
    let thread = this.#threads.get(rootId);
    if (thread === undefined) {
      thread = this.parts.makeThread(rootId);
      this.#threads.set(rootId, thread);
    }
    return thread.timeline;
  }

  async toggleReaction(target: TargetId, key: string): Promise<void> {
    const eventId = this.outbox.resolve(target);
    const entries = this.outbox.ofRoom(this.roomId);
    const pending = pendingOf(entries);
    const adding = pending.reactions.get(eventId)?.get(key);
    if (adding !== undefined && !pending.redactions.has(adding.eventId ?? localId(adding.txnId))) {
      await this.redact(adding.eventId ?? localId(adding.txnId));
      return;
    }
    const mine = relationsOf(this.#events()).reactions.get(eventId)?.get(key)?.get(this.me());
    const removing = mine === undefined ? undefined : pending.redactions.get(mine.event_id);
    if (mine !== undefined && removing === undefined) {
      await this.redact(mine.event_id);
      return;
    }
    if (removing !== undefined && (await this.outbox.discardUnsent(removing.txnId))) return;
    const content = { "m.relates_to": { rel_type: "m.annotation", event_id: eventId, key } };
    await this.outbox.enqueue({
      roomId: this.roomId,
      threadId: null,
      kind: "reaction",
      request: { type: "event", eventType: "m.reaction", content },
    });
  }

  async redact(target: TargetId, reason?: string): Promise<void> {
    const resolved = this.outbox.resolve(target);
    if (isLocalId(resolved) && (await this.outbox.discardUnsent(resolved.slice(1)))) return;
    await this.outbox.enqueue({
      roomId: this.roomId,
      threadId: null,
      kind: "redaction",
      request: { type: "redaction", target: resolved, reason: reason ?? null },
    });
  }

  setTyping(typing: boolean): void {
    if (typing) this.parts.typing.keyStroke();
    else this.parts.typing.stop();
  }

  async markAllRead(): Promise<void> {
    await this.parts.open.load();
    await this.parts.reading.readAll(this.parts.open.window.events.at(-1) ?? null);
  }

  setMarkedUnread(unread: boolean): Promise<void> {
    return this.parts.reading.setMarkedUnread(unread);
  }

  forget(): Promise<void> {
    return this.parts.forget();
  }

  sendEvent(type: string, content: Readonly<Record<string, unknown>>): Promise<TxnId> {
    return this.outbox.enqueue({
      roomId: this.roomId,
      threadId: null,
      kind: "event",
      request: { type: "event", eventType: type, content },
    });
  }

  redraw(): void {
    if (!this.#members.observed) return;
    const record = this.records.get(this.roomId);
    if (record === null) return;
    const { roster } = this.parts.open;
    // The list is whole only until the next gap.
    if (!roster.complete) void roster.completeOnce();
    this.#members.set(memberList(roster.members, roster.names, powersOf(record), this.me(), roster.complete));
  }

  clear(): void {
    this.#members.set(NO_MEMBERS);
  }

  /** Everything in memory of this room, for finding my reaction in whichever timeline shows it. */
  #events(): readonly StoredEvent[] {
    return [...this.parts.open.window.events, ...[...this.#threads.values()].flatMap((thread) => thread.events())];
  }
}
