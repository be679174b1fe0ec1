import type { QuickAdd, TaskDraft } from "@team/core";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { useClient } from "../../app/client";

export interface Reading {
  /** Null: not read yet, or nothing to read. */
  readonly parsed: QuickAdd | null;
  /** The service could not be asked. */
  readonly failed: boolean;
}

const nothing: Reading = { parsed: null, failed: false };
const pause = 150;

/** How the service reads a line, a moment after the last key stroke. */
export function useReading(line: string, roomId: string | undefined): Reading {
  const client = useClient();
  const { i18n } = useTranslation();
  const lang = i18n.language === "ru" ? "ru" : "en";
  const [reading, setReading] = useState<Reading>(nothing);
  useEffect(() => {
    if (line.trim() === "") {
      setReading(nothing);
      return undefined;
    }
    const abort = new AbortController();
    const timer = setTimeout(() => {
      client.tasks.quickAdd(line, { lang, signal: abort.signal, ...(roomId === undefined ? {} : { roomId }) }).then(
        (parsed) => !abort.signal.aborted && setReading({ parsed, failed: false }),
        () => !abort.signal.aborted && setReading({ parsed: null, failed: true }),
      );
    }, pause);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [client, line, roomId, lang]);
  return reading;
}

/** Pure. What a line opens: as it was read, or all of it as the title. */
export function draftOfLine(line: string, parsed: QuickAdd | null, roomId: string | undefined): TaskDraft | null {
  const title = (parsed === null ? line : parsed.title).trim().slice(0, 255);
  if (title === "") return null;
  return {
    title,
    ...(roomId === undefined ? {} : { roomId }),
    ...(parsed?.assigned_to === undefined ? {} : { assignee: parsed.assigned_to }),
    ...(parsed?.due === undefined ? {} : { due: parsed.due }),
    ...(parsed?.priority === undefined ? {} : { priority: parsed.priority }),
    ...(parsed?.labels === undefined ? {} : { labels: parsed.labels }),
  };
}

/** Reads a line afresh before it becomes a task: what stands on the screen may lag behind the last key. */
export function useCreateFromLine(): (line: string, roomId?: string) => Promise<boolean> {
  const client = useClient();
  const { i18n } = useTranslation();
  const lang = i18n.language === "ru" ? "ru" : "en";
  return async (line, roomId) => {
    const parsed = await client.tasks.quickAdd(line, { lang, ...(roomId === undefined ? {} : { roomId }) }).catch(() => null);
    const draft = draftOfLine(line, parsed, roomId);
    if (draft === null) return false;
    await client.tasks.create(draft);
    return true;
  };
}
