import type { ChangeItem, RoomSummary, SentItem, StateChange } from "@team/core";

/** Examples for tests: whole values in which only what matters is named. */
export const eg = {
  sent(fields: Partial<SentItem> = {}): SentItem {
    const key = fields.key ?? fields.eventId ?? "$1";
    return {
      kind: "sent",
      key,
      eventId: key,
      ts: Date.UTC(2026, 10, 23, 12, 0),
      sender: "@anna:test",
      senderName: "Anna",
      senderAvatar: null,
      own: false,
      content: { type: "text", body: "Hello", html: null },
      replyTo: null,
      threadId: null,
      mentionsMe: false,
      edited: false,
      editedTs: null,
      pendingEdit: null,
      redactFailed: null,
      reactions: [],
      thread: null,
      readBy: [],
      pinned: false,
      can: { edit: false, redact: false, react: true, reply: true },
      ...fields,
    };
  },

  change(change: StateChange, fields: Partial<ChangeItem> = {}): ChangeItem {
    const key = fields.key ?? "$change";
    return {
      kind: "change",
      key,
      eventId: key,
      ts: Date.UTC(2026, 10, 23, 12, 0),
      sender: "@anna:test",
      senderName: "Anna",
      senderAvatar: null,
      own: false,
      change,
      readBy: [],
      ...fields,
    };
  },

  room(fields: Partial<RoomSummary> = {}): RoomSummary {
    return {
      roomId: "!room:test",
      membership: "join",
      kind: "room",
      name: { kind: "given", text: "General" },
      avatar: null,
      topic: null,
      canonicalAlias: null,
      directUserId: null,
      encrypted: false,
      joinRule: "invite",
      joinedCount: 2,
      invitedCount: 0,
      unreadCount: 0,
      highlightCount: 0,
      unreadThreadCount: 0,
      hasUnread: false,
      markedUnread: false,
      notificationMode: "default",
      favourite: false,
      lowPriority: false,
      tagOrder: null,
      lastMessage: null,
      activityTs: 0,
      invitation: null,
      rights: {
        send: true,
        react: true,
        redactOthers: false,
        invite: true,
        kick: false,
        ban: false,
        setName: false,
        setTopic: false,
        setAvatar: false,
        setJoinRule: false,
        setHistoryVisibility: false,
        setPowerLevels: false,
        setAliases: false,
        notifyRoom: false,
        pin: false,
      },
      replacedBy: null,
      ...fields,
    };
  },
};
