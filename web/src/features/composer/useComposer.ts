import type { Draft, OutgoingText, Room, SentItem, Timeline } from "@team/core";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useClient } from "../../app/client";
import { formatBytes } from "../../app/useDates";
import { useToasts } from "../../ui/Toast";
import { kindOf, pictureSize } from "../media/files";
import { formatMessage, type Mentionable } from "./format";

const empty: Draft = { text: "", replyTo: null, editing: null };

/** Files waiting for "send", per conversation, for as long as the page lives. */
const trays = new Map<string, readonly File[]>();
/** What was being written when the edit of an older message began. */
const setAside = new Map<string, Draft>();

export interface Composer {
  readonly draft: Draft;
  readonly files: readonly File[];
  readonly setText: (text: string) => void;
  readonly startReply: (item: SentItem) => void;
  readonly startEdit: (item: SentItem) => void;
  /** Edits my last message; false when there is none. */
  readonly editLast: () => boolean;
  /** Ends the edit or the reply; false when there was neither. */
  readonly cancel: () => boolean;
  readonly addFiles: (files: readonly File[]) => void;
  readonly removeFile: (file: File) => void;
  readonly send: () => Promise<void>;
}

type ComposerOptions = { room: Room; timeline: Timeline; people: readonly Mentionable[]; mayNotifyRoom: boolean };

/** The unsent message of a conversation: kept in core's drafts with every key stroke, so that it is never lost. */
export function useComposer({ room, timeline, people, mayNotifyRoom }: ComposerOptions): Composer {
  const { t, i18n } = useTranslation();
  const client = useClient();
  const toasts = useToasts();
  const place = `${room.roomId} ${timeline.threadId ?? ""}`;
  const [draft, setDraft] = useState<Draft>(() => client.drafts.get(room.roomId, timeline.threadId) ?? empty);
  const [files, setFiles] = useState<readonly File[]>(() => trays.get(place) ?? []);
  const latest = useRef(draft);
  const leaving = useRef(false);

  const keep = useCallback(
    (next: Draft) => {
      client.drafts.set(room.roomId, timeline.threadId, next.text === "" && next.replyTo === null && next.editing === null ? null : next);
    },
    [client, room, timeline],
  );
  const change = useCallback(
    (next: Draft) => {
      latest.current = next;
      setDraft(next);
      keep(next);
    },
    [keep],
  );
  const changeFiles = useCallback(
    (next: readonly File[]) => {
      if (next.length === 0) trays.delete(place);
      else trays.set(place, next);
      setFiles(next);
    },
    [place],
  );

  // Core may still be reading its store when the conversation is drawn.
  useEffect(
    () =>
      client.drafts.all.subscribe(() => {
        const kept = client.drafts.get(room.roomId, timeline.threadId);
        if (kept !== null && latest.current === empty && !leaving.current) {
          latest.current = kept;
          setDraft(kept);
        }
      }),
    [client, room, timeline],
  );

  const actions = useMemo(() => {
    const startEdit = (item: SentItem) => {
      const body = "body" in item.content ? item.content.body : null;
      if (body === null) return;
      if (latest.current.editing === null && latest.current.text !== "") setAside.set(place, latest.current);
      const prefix = item.content.type === "emote" ? "/me " : "";
      change({ text: prefix + body, replyTo: null, editing: item.eventId });
    };
    return {
      setText: (text: string) => {
        change({ ...latest.current, text });
        room.setTyping(text !== "" && latest.current.editing === null);
      },
      startReply: (item: SentItem) => {
        const { text, editing } = latest.current;
        const kept = editing === null ? text : (setAside.get(place)?.text ?? "");
        setAside.delete(place);
        change({ text: kept, replyTo: item.eventId, editing: null });
      },
      startEdit,
      editLast: () => {
        const last = timeline
          .getSnapshot()
          .items.findLast((item): item is SentItem => item.kind === "sent" && item.own && item.can.edit && "body" in item.content);
        if (last === undefined) return false;
        startEdit(last);
        return true;
      },
      cancel: () => {
        const { editing, replyTo, text } = latest.current;
        if (editing !== null) change(setAside.get(place) ?? empty);
        else if (replyTo !== null) change({ text, replyTo: null, editing: null });
        else return false;
        setAside.delete(place);
        return true;
      },
    };
  }, [change, place, room, timeline]);

  const addFiles = useCallback(
    async (added: readonly File[]) => {
      const limit = await client.media.uploadLimit().catch(() => null);
      const good = added.filter((file) => {
        if (file.size === 0) toasts.warn(t("composer.empty", { name: file.name }));
        else if (limit !== null && file.size > limit) {
          toasts.warn(t("composer.tooLarge", { name: file.name, limit: formatBytes(limit, i18n.language) }));
        } else return true;
        return false;
      });
      changeFiles([...(trays.get(place) ?? []), ...good].slice(0, 20));
    },
    [client, changeFiles, place, t, i18n.language, toasts],
  );

  const send = useCallback(async () => {
    const { text, replyTo, editing } = latest.current;
    const waiting = trays.get(place) ?? [];
    if (text.trim() === "" && waiting.length === 0) return;
    const formatted = formatMessage(text, people, mayNotifyRoom);
    const outgoing: OutgoingText = {
      type: formatted.type,
      body: formatted.body,
      html: formatted.html,
      mentions: { userIds: formatted.mentions.userIds, room: formatted.mentions.room },
    };
    const reply = replyTo === null ? {} : { replyTo };
    // The field is empty at once; should the outbox refuse, the words come back. In the store they stay a draft until the
    // outbox has them there: a tab that is closed in between loses nothing.
    const before = latest.current;
    const next = editing === null ? empty : (setAside.get(place) ?? empty);
    latest.current = next;
    leaving.current = true;
    setDraft(next);
    setAside.delete(place);
    if (editing === null) changeFiles([]);
    room.setTyping(false);
    try {
      if (editing !== null) await timeline.edit(editing, outgoing);
      else if (waiting.length === 0) await timeline.sendText({ ...outgoing, ...reply });
      else {
        for (const [at, file] of waiting.entries()) {
          const first = at === 0 ? reply : {};
          const caption =
            at === 0 && formatted.body !== ""
              ? { caption: formatted.body, captionHtml: formatted.html, mentions: outgoing.mentions ?? {} }
              : {};
          await timeline.sendMedia({ ...(await describe(file)), ...first, ...caption });
        }
      }
      // Unless there is another one by now.
      if (client.drafts.get(room.roomId, timeline.threadId) === before) keep(next);
    } catch (error) {
      console.error(error);
      toasts.warn(t("errors.unknown"));
      if (latest.current.text === "") change(before);
    } finally {
      leaving.current = false;
    }
  }, [change, changeFiles, client, keep, mayNotifyRoom, people, place, room, t, timeline, toasts]);

  return {
    draft,
    files,
    ...actions,
    addFiles: useCallback((added: readonly File[]) => void addFiles(added), [addFiles]),
    removeFile: useCallback(
      (file: File) => changeFiles((trays.get(place) ?? []).filter((one) => one !== file)),
      [changeFiles, place],
    ),
    send,
  };
}

async function describe(file: File) {
  const type = kindOf(file);
  const size = type === "image" ? await pictureSize(file) : null;
  return {
    // A picture that the browser cannot read is a file like any other.
    type: type === "image" && size === null ? ("file" as const) : type,
    blob: file,
    name: file.name,
    mimeType: file.type || "application/octet-stream",
    size: file.size,
    ...(size === null ? {} : size),
  };
}
