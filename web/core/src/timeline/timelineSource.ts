import type { EventId } from "../ids";
import type { RoomDelta } from "../rooms/reduceRoom";
import type { StoredEvent } from "./stored";

/** Where a timeline's events come from: the room's window, or a thread's own list. */
export interface TimelineSource {
  readonly threadId: EventId | null;
  /** With everything that relates to them, in order. */
  readonly events: readonly StoredEvent[];
  readonly atBeginning: boolean;
  /** After the room has been read from the store. */
  open(): Promise<void>;
  extend(count: number): Promise<void>;
  apply(delta: RoomDelta | null): void;
  clear(): void;
}
