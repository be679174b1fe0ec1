import type { RawEvent } from "../src/api/wire";
import { newRecord, type RoomRecord } from "../src/rooms/record";
import type { OutboxEntry } from "../src/sendQueue/entry";
import type { TimelineFacts } from "../src/timeline/items";
import type { TaskLens } from "../src/tasks/timelineItems";
import { DEFAULT_WORKFLOW } from "../src/tasks/workflow";
import { placeOf } from "../src/timeline/track";
import { stored, type StoredEvent } from "../src/timeline/stored";

let count = 0;

/** Example builders: what a test does not name does not matter to it. */
export const eg = {
  me: "@anna:test",

  event(fields: Partial<RawEvent> = {}): RawEvent {
    count += 1;
    return {
      event_id: `$eg${count}`,
      type: "m.room.message",
      sender: "@ivan:test",
      origin_server_ts: 1_000 + count,
      content: { msgtype: "m.text", body: `message ${count}` },
      ...fields,
    };
  },

  text(body: string, fields: Partial<RawEvent> = {}): RawEvent {
    return eg.event({ ...fields, content: { msgtype: "m.text", body, ...fields.content } });
  },

  state(type: string, content: RawEvent["content"], fields: Partial<RawEvent> = {}): RawEvent {
    return eg.event({ type, content, state_key: "", ...fields });
  },

  member(userId: string, membership: string, fields: Partial<RawEvent> = {}): RawEvent {
    const content = { membership, displayname: userId.slice(1, 2).toUpperCase() + userId.slice(2, userId.indexOf(":")), ...fields.content };
    return eg.event({ type: "m.room.member", state_key: userId, sender: userId, ...fields, content });
  },

  edit(target: string, body: string, fields: Partial<RawEvent> = {}): RawEvent {
    const content = {
      msgtype: "m.text",
      body: `* ${body}`,
      "m.new_content": { msgtype: "m.text", body },
      "m.relates_to": { rel_type: "m.replace", event_id: target },
    };
    return eg.event({ content, ...fields });
  },

  reaction(target: string, key: string, sender: string, fields: Partial<RawEvent> = {}): RawEvent {
    const content = { "m.relates_to": { rel_type: "m.annotation", event_id: target, key } };
    return eg.event({ type: "m.reaction", sender, content, ...fields });
  },

  reply(root: string, body: string, fields: Partial<RawEvent> = {}): RawEvent {
    return eg.text(body, { ...fields, content: { "m.relates_to": { rel_type: "m.thread", event_id: root, is_falling_back: true } } });
  },

  placed(...events: readonly RawEvent[]): StoredEvent[] {
    return events.map((event, i) => stored(placeOf(0, i), event));
  },

  record(fields: Partial<RoomRecord> = {}): RoomRecord {
    return { ...newRecord("!room:test", "join"), joinedCount: 2, ...fields };
  },

  /** Of a room where @tasks:test is the authority. */
  lens(fields: Partial<TaskLens> = {}): TaskLens {
    return { roomId: "!room:test", trusts: (sender) => sender === "@tasks:test", view: () => null, workflow: () => DEFAULT_WORKFLOW, ...fields };
  },

  facts(events: readonly RawEvent[], fields: Partial<TimelineFacts> = {}): TimelineFacts {
    const rights = {
      send: true, react: true, redactOthers: false, invite: true, kick: false, ban: false, setName: false, setTopic: false,
      setAvatar: false, setJoinRule: false, setHistoryVisibility: false, setPowerLevels: false, setAliases: false,
      notifyRoom: false, pin: false,
    };
    return {
      me: eg.me,
      threadId: null,
      events: eg.placed(...events),
      entries: [],
      record: eg.record(),
      rights,
      receipts: new Map(),
      quotes: new Map(),
      nameOf: (userId) => userId.slice(1, userId.indexOf(":")),
      avatarOf: () => null,
      echoKey: () => null,
      localMedia: () => null,
      progress: () => null,
      lens: eg.lens(),
      ...fields,
    };
  },

  entry(fields: Partial<OutboxEntry> = {}): OutboxEntry {
    count += 1;
    return {
      key: String(count).padStart(16, "0"),
      txnId: `txn${count}`,
      roomId: "!room:test",
      deviceId: "DEVICE",
      threadId: null,
      kind: "message",
      request: { type: "event", eventType: "m.room.message", content: { msgtype: "m.text", body: `echo ${count}` } },
      queuedTs: 5_000,
      state: "waiting",
      attempts: 0,
      error: null,
      retryable: true,
      eventId: null,
      sentTs: null,
      ...fields,
    };
  },
};
