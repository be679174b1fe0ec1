import type { EventId, Room, SentItem, Timeline } from "@team/core";
import { createContext, useContext } from "react";
import type { ShownPerson } from "../room/PersonCard";

/** What a row may ask of the list and composer around it. */
export interface TimelineContextValue {
  readonly room: Room;
  readonly timeline: Timeline;
  readonly direct: boolean;
  /** Null inside a thread: threads have no threads. */
  readonly openThread: ((rootId: EventId) => void) | null;
  readonly reply: (item: SentItem) => void;
  readonly edit: (item: SentItem) => void;
  /** Null where there are no tasks. */
  readonly makeTask: ((item: SentItem) => void) | null;
  /** Scrolls to a message, loading what is needed. */
  readonly jumpTo: (eventId: EventId) => void;
  readonly openImage: (key: string) => void;
  /** Shows the card of a person beside the element that was pressed. */
  readonly openPerson: (person: ShownPerson) => void;
  /** One row at a time shows its actions: the one that claims them takes them from the one before. */
  readonly claimActions: (giveUp: () => void) => void;
}

export const TimelineContext = createContext<TimelineContextValue | null>(null);

export function useTimelineContext(): TimelineContextValue {
  const value = useContext(TimelineContext);
  if (value === null) throw new Error("a timeline row needs a TimelineContext above it");
  return value;
}
