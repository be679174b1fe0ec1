import { describe, expect, it } from "vitest";
import { eg } from "../../test/eg";
import { deriveItems, missingQuotes, type TimelineFacts } from "./items";
import type { SentItem, TimelineItem } from "./model";
import type { RawEvent } from "../api/wire";
import { redacted } from "./events";

const ivan = "@ivan:test";
const olga = "@olga:test";

function items(events: readonly RawEvent[], fields: Partial<TimelineFacts> = {}): readonly TimelineItem[] {
  return deriveItems(eg.facts(events, fields), []);
}

function only(list: readonly TimelineItem[]): SentItem {
  expect(list).toHaveLength(1);
  const [item] = list;
  if (item?.kind !== "sent") throw new Error("not a sent item");
  return item;
}

describe("messages", () => {
  it("stand in the order of the room, with state lines between them", () => {
    const list = items([eg.text("one"), eg.state("m.room.name", { name: "General" }), eg.text("two")]);
    expect(list.map((item) => item.kind)).toEqual(["sent", "change", "sent"]);
  });

  it("have no lines about the service of the room's tasks, and keep those about people", () => {
    const service = "@tasks:test";
    const happened = [
      eg.state("m.room.member", { membership: "invite" }, { state_key: service }),
      eg.state("m.room.member", { membership: "join" }, { state_key: service, sender: service }),
      eg.state("m.room.member", { membership: "join" }, { state_key: olga, sender: olga }),
      eg.state("m.room.power_levels", { users: { [service]: 100 } }, { unsigned: { prev_content: { users: {} } } }),
      eg.state("m.room.power_levels", { users: { [service]: 100, [ivan]: 50 } }, { unsigned: { prev_content: { users: {} } } }),
    ];
    const told = items(happened);
    expect(told.map((item) => (item.kind === "change" ? item.change : null))).toEqual([
      { type: "joined" },
      { type: "powerChanged", changes: [{ person: expect.objectContaining({ userId: ivan }) as unknown, from: 0, to: 50 }] },
    ]);
  });

  it("keep their objects when nothing about them changed", () => {
    const events = [eg.text("one"), eg.text("two")];
    const before = deriveItems(eg.facts(events), []);
    const reaction = eg.reaction(events[1]?.event_id ?? "", "👍", olga);
    const after = deriveItems(eg.facts([...events, reaction]), before);
    expect(after[0]).toBe(before[0]);
    expect(after[1]).not.toBe(before[1]);
    expect(deriveItems(eg.facts([...events, reaction]), after)).toBe(after);
  });

  it("that are of an unknown kind say so, and events that are no messages have no line", () => {
    const list = items([eg.event({ content: { msgtype: "org.example.game", body: "a game" } }), eg.event({ type: "org.example.ping" })]);
    expect(only(list).content).toEqual({ type: "unsupported", eventType: "org.example.game", body: "a game" });
  });

  it("that are encrypted are shown as such", () => {
    expect(only(items([eg.event({ type: "m.room.encrypted", content: { algorithm: "m.megolm.v1.aes-sha2" } })])).content).toEqual({ type: "encrypted" });
  });

  it("say whether they mention me, or everybody", () => {
    const mention = { "m.mentions": { user_ids: [eg.me] } };
    expect(only(items([eg.text("anna", { content: mention })])).mentionsMe).toBe(true);
    expect(only(items([eg.text("all", { content: { "m.mentions": { room: true } } })])).mentionsMe).toBe(true);
    expect(only(items([eg.text("anna")])).mentionsMe).toBe(false);
  });
});

describe("edits", () => {
  it("show the newest text, whichever came last", () => {
    const original = eg.text("helo");
    const late = eg.edit(original.event_id, "hello!", { origin_server_ts: 9_000 });
    const early = eg.edit(original.event_id, "hello", { origin_server_ts: 8_000 });
    expect(only(items([original, late, early]))).toMatchObject({ content: { body: "hello!" }, edited: true, editedTs: 9_000 });
  });

  it("by somebody else are ignored", () => {
    const original = eg.text("mine");
    expect(only(items([original, eg.edit(original.event_id, "yours", { sender: olga })]))).toMatchObject({ content: { body: "mine" }, edited: false });
  });

  it("that were redacted no longer count", () => {
    const original = eg.text("first");
    const edit = eg.edit(original.event_id, "second");
    const facts = eg.facts([original, edit]);
    const events = facts.events.map((each) => (each.event === edit ? { ...each, event: redacted(edit, eg.event()) } : each));
    expect(only(deriveItems({ ...facts, events }, []))).toMatchObject({ content: { body: "first" }, edited: false });
  });

  it("that the server bundled count like those that came by themselves", () => {
    const edit = eg.edit("$a", "new");
    const original = eg.text("old", { event_id: "$a", unsigned: { "m.relations": { "m.replace": edit } } });
    expect(only(items([original]))).toMatchObject({ content: { body: "new" }, edited: true });
  });

  it("keep the reply that the message was", () => {
    const quoted = eg.text("question");
    const reply = eg.text("anser", { content: { "m.relates_to": { "m.in_reply_to": { event_id: quoted.event_id } } } });
    const list = items([quoted, reply, eg.edit(reply.event_id, "answer")]);
    expect(list[1]).toMatchObject({ content: { body: "answer" }, replyTo: { kind: "known", preview: { text: "question" } } });
  });

  it("of mine are shown before the server has them, and their text stays when refused", () => {
    const original = eg.text("helo", { sender: eg.me });
    const edit = eg.edit(original.event_id, "hello");
    const request = { type: "event", eventType: "m.room.message", content: edit.content } as const;
    const waiting = eg.entry({ kind: "edit", request });
    expect(only(items([original], { entries: [waiting] }))).toMatchObject({
      content: { body: "hello" },
      pendingEdit: { txnId: waiting.txnId, failed: null },
    });
    const error = { errcode: "M_FORBIDDEN", message: "no", status: 403, retryAfterMs: null };
    const failed = { ...waiting, state: "failed", error } as const;
    expect(only(items([original], { entries: [failed] }))).toMatchObject({ content: { body: "hello" }, pendingEdit: { failed: error } });
  });
});

describe("reactions", () => {
  it("are counted once per person and key", () => {
    const message = eg.text("lunch?");
    const to = message.event_id;
    const list = items([message, eg.reaction(to, "👍", ivan), eg.reaction(to, "👍", ivan), eg.reaction(to, "👍", olga), eg.reaction(to, "🎉", ivan)]);
    expect(only(list).reactions.map(({ key, count, mine }) => [key, count, mine])).toEqual([
      ["👍", 2, false],
      ["🎉", 1, false],
    ]);
  });

  it("of mine appear at once and are marked as on their way", () => {
    const message = eg.text("lunch?");
    const content = eg.reaction(message.event_id, "👍", eg.me).content;
    const entry = eg.entry({ kind: "reaction", request: { type: "event", eventType: "m.reaction", content } });
    expect(only(items([message], { entries: [entry] })).reactions).toMatchObject([{ key: "👍", count: 1, mine: true, pending: true }]);
  });

  it("that I take back disappear at once", () => {
    const message = eg.text("lunch?");
    const mine = eg.reaction(message.event_id, "👍", eg.me);
    const entry = eg.entry({ kind: "redaction", request: { type: "redaction", target: mine.event_id, reason: null } });
    expect(only(items([message, mine], { entries: [entry] })).reactions).toEqual([]);
  });
});

describe("redactions", () => {
  it("leave a line that says who and why", () => {
    const because = eg.event({ type: "m.room.redaction", sender: olga, content: { reason: "spam" } });
    expect(items([redacted(eg.text("buy"), because)])).toMatchObject([{ kind: "redacted", redactedBy: olga, redactedByName: "olga", reason: "spam" }]);
  });

  it("of mine show at once, and the message comes back with the reason when refused", () => {
    const message = eg.text("oops", { sender: eg.me });
    const entry = eg.entry({ kind: "redaction", request: { type: "redaction", target: message.event_id, reason: null } });
    expect(items([message], { entries: [entry] })).toMatchObject([{ kind: "redacted", redactedBy: eg.me }]);
    const error = { errcode: "M_FORBIDDEN", message: "no", status: 403, retryAfterMs: null };
    expect(only(items([message], { entries: [{ ...entry, state: "failed", error }] })).redactFailed).toEqual({ txnId: entry.txnId, error });
  });
});

describe("local echoes", () => {
  it("come after all events, in the order they were written", () => {
    const list = items([eg.text("theirs")], { entries: [eg.entry(), eg.entry()] });
    expect(list.map((item) => item.kind)).toEqual(["sent", "sending", "sending"]);
  });

  it("keep their key when their event arrives", () => {
    const entry = eg.entry();
    const echo = items([], { entries: [entry] })[0];
    const acknowledged = { ...entry, state: "sent", eventId: "$1" } as const;
    const sent = items([], { entries: [acknowledged] })[0];
    const event = eg.text("hi", { event_id: "$1", sender: eg.me });
    const arrived = items([event], { echoKey: (eventId) => (eventId === "$1" ? `~${entry.txnId}` : null) })[0];
    expect([echo?.kind, sent?.kind, arrived?.kind]).toEqual(["sending", "sent", "sent"]);
    expect(new Set([echo?.key, sent?.key, arrived?.key]).size).toBe(1);
  });

  it("are not shown beside their event", () => {
    const event = eg.text("hi", { event_id: "$1", sender: eg.me });
    expect(items([event], { entries: [eg.entry({ state: "sent", eventId: "$1" })] })).toHaveLength(1);
  });

  it("that failed keep their text and say whether a retry may help", () => {
    const error = { errcode: "M_TOO_LARGE", message: "too large", status: 413, retryAfterMs: null };
    const entry = eg.entry({ state: "failed", error, retryable: false });
    expect(items([], { entries: [entry] })).toMatchObject([{ kind: "failed", retryable: false, error, content: { type: "text" } }]);
  });
});

describe("replies", () => {
  it("to a message that is not here wait for it, then quote it, or say it is missing", () => {
    const reply = eg.text("yes", { content: { "m.relates_to": { "m.in_reply_to": { event_id: "$far" } } } });
    expect(only(items([reply])).replyTo).toEqual({ kind: "loading", eventId: "$far" });
    expect(missingQuotes(eg.facts([reply]))).toEqual(["$far"]);
    const far = eg.text("far away", { event_id: "$far" });
    expect(only(items([reply], { quotes: new Map([["$far", far]]) })).replyTo).toMatchObject({ kind: "known", preview: { text: "far away" } });
    expect(only(items([reply], { quotes: new Map([["$far", null]]) })).replyTo).toEqual({ kind: "missing", eventId: "$far" });
  });

  it("lose the quotation that old clients put into the text", () => {
    const content = { body: "> <@ivan:test> question\n\nanswer", "m.relates_to": { "m.in_reply_to": { event_id: "$q" } } };
    expect(only(items([eg.text("", { content })])).content).toMatchObject({ body: "answer" });
  });
});

describe("threads", () => {
  const root = eg.text("plan", { event_id: "$root" });

  it("hang on their first message and are not in the main timeline", () => {
    const replies = [eg.reply("$root", "a"), eg.reply("$root", "b", { sender: eg.me })];
    const record = eg.record({ threadUnread: { $root: { notifications: 2, highlights: 1 } } });
    expect(only(items([root, ...replies], { record })).thread).toMatchObject({
      count: 2,
      latest: { preview: { text: "b" }, own: true },
      participated: true,
      unreadCount: 2,
      highlightCount: 1,
    });
  });

  it("show their first message and their replies", () => {
    const list = items([root, eg.text("elsewhere"), eg.reply("$root", "a")], { threadId: "$root" });
    expect(list).toMatchObject([{ content: { body: "plan" }, thread: null }, { content: { body: "a" }, threadId: "$root" }]);
  });

  it("do not quote the message that a reply only points at for old clients", () => {
    const content = { "m.relates_to": { rel_type: "m.thread", event_id: "$root", is_falling_back: true, "m.in_reply_to": { event_id: "$root" } } };
    expect(items([root, eg.text("a", { content })], { threadId: "$root" })[1]).toMatchObject({ replyTo: null });
  });
});

describe("read marks", () => {
  const at = (eventId: string): { eventId: string; ts: number } => ({ eventId, ts: 1 });

  it("stand at the last visible event that somebody has read", () => {
    const message = eg.text("hello", { sender: eg.me });
    const reaction = eg.reaction(message.event_id, "👍", ivan);
    const receipts = new Map([[olga, { main: at(reaction.event_id) }]]);
    expect(only(items([message, reaction], { receipts })).readBy).toMatchObject([{ userId: olga, name: "olga" }]);
  });

  it("are mine for nobody, and a writer has read what came before", () => {
    const [first, second] = [eg.text("a", { sender: eg.me }), eg.text("b", { sender: ivan })];
    const receipts = new Map([
      [ivan, { "": at(first.event_id) }],
      [eg.me, { main: at(second.event_id) }],
    ]);
    expect(items([first, second], { receipts }).map((item) => (item as SentItem).readBy)).toEqual([[], []]);
  });

  it("of a thread do not count in the main timeline", () => {
    const message = eg.text("a");
    expect(only(items([message], { receipts: new Map([[olga, { $other: at(message.event_id) }]]) })).readBy).toEqual([]);
  });
});
