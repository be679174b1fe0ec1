import type { Room, Timeline } from "@team/core";
import { useRef } from "react";
import { useTranslation } from "react-i18next";
import { useToasts } from "../../ui/Toast";
import type { Composer } from "../composer/useComposer";
import { useMayCreate } from "./taskFacts";
import { useCreateFromLine, useReading, type Reading } from "./useQuickAdd";

export interface TaskCommand {
  /** Null: the text is no command. */
  readonly reading: Reading | null;
  readonly submit: () => Promise<void>;
}

const command = /^\/task(\s+|$)/;

/** `/task Contract @ivan tomorrow !high` in the field of a conversation opens a task instead of being sent. */
export function useTaskCommand(room: Room, timeline: Timeline, composer: Composer): TaskCommand {
  const { t } = useTranslation();
  const toasts = useToasts();
  const { text, editing } = composer.draft;
  const allowed = useMayCreate(room.roomId) && timeline.threadId === null;
  const active = allowed && editing === null && command.test(text);
  const line = active ? text.replace(command, "") : "";
  const reading = useReading(line, room.roomId);
  const create = useCreateFromLine();
  const busy = useRef(false);
  return {
    reading: active ? reading : null,
    submit: async () => {
      if (line.trim() === "" || busy.current) return;
      busy.current = true;
      try {
        // The words stay in the field until the task is safe in the outbox.
        if (!(await create(line, room.roomId))) return;
        composer.setText("");
        toasts.tell(t("tasks.created"));
      } finally {
        busy.current = false;
      }
    },
  };
}
