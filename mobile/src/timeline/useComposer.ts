import type { Draft, Room, SentItem, Timeline } from "@team/core";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useClient } from "../shell/client";

const EMPTY: Draft = { text: "", replyTo: null, editing: null };

export interface Composer {
  readonly draft: Draft;
  readonly setText: (text: string) => void;
  readonly startReply: (item: SentItem) => void;
  readonly startEdit: (item: SentItem) => void;
  /** Ends the reply or the edit. */
  readonly cancel: () => void;
  /** Resolves once the message is safe in the outbox. */
  readonly send: () => Promise<void>;
}

/** The unsent message of a conversation. Core keeps it with every letter, so that a kill loses nothing. */
export function useComposer(room: Room, timeline: Timeline): Composer {
  const client = useClient();
  const { roomId } = room;
  const { threadId } = timeline;
  const [draft, setDraft] = useState<Draft>(() => client.drafts.get(roomId, threadId) ?? EMPTY);
  const latest = useRef(draft);
  /** While words go from the field to the outbox. */
  const leaving = useRef(false);

  const change = useCallback(
    (next: Draft) => {
      latest.current = next;
      setDraft(next);
      const empty = next.text === "" && next.replyTo === null && next.editing === null;
      client.drafts.set(roomId, threadId, empty ? null : next);
    },
    [client, roomId, threadId],
  );

  // Core may still be reading its store when the conversation is drawn.
  useEffect(
    () =>
      client.drafts.all.subscribe(() => {
        const kept = client.drafts.get(roomId, threadId);
        if (kept === null || latest.current !== EMPTY || leaving.current) return;
        latest.current = kept;
        setDraft(kept);
      }),
    [client, roomId, threadId],
  );

  const actions = useMemo(
    () => ({
      setText: (text: string) => {
        change({ ...latest.current, text });
        room.setTyping(text !== "" && latest.current.editing === null);
      },
      startReply: (item: SentItem) => {
        const { text, editing } = latest.current;
        change({ text: editing === null ? text : "", replyTo: item.eventId, editing: null });
      },
      startEdit: (item: SentItem) => {
        if ("body" in item.content) change({ text: item.content.body ?? "", replyTo: null, editing: item.eventId });
      },
      cancel: () => {
        const { text, editing } = latest.current;
        change(editing === null ? { ...EMPTY, text } : EMPTY);
      },
      send: async () => {
        const before = latest.current;
        const body = before.text.trim();
        if (body === "") return;
        // The field is empty at once. On the disk the words stay a draft until the outbox has them there: a kill in between
        // loses nothing. Should the outbox refuse, they come back.
        latest.current = EMPTY;
        leaving.current = true;
        setDraft(EMPTY);
        room.setTyping(false);
        try {
          if (before.editing !== null) await timeline.edit(before.editing, { body });
          else await timeline.sendText({ body, ...(before.replyTo === null ? {} : { replyTo: before.replyTo }) });
          // Unless another one is there by now.
          if (client.drafts.get(roomId, threadId) === before) client.drafts.set(roomId, threadId, null);
          await client.drafts.write();
        } catch (error) {
          if (latest.current === EMPTY) change(before);
          throw error;
        } finally {
          leaving.current = false;
        }
      },
    }),
    [client, change, room, roomId, threadId, timeline],
  );
  return { draft, ...actions };
}
