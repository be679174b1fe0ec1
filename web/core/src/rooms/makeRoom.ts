import type { RoomsApi } from "../api/roomsApi";
import type { UserDataApi } from "../api/userDataApi";
import type { EventId, RoomId, UserId } from "../ids";
import { Roster } from "../members/roster";
import type { Platform } from "../platform";
import type { Outbox } from "../sendQueue/outbox";
import type { AccountData } from "../session/accountData";
import type { Writer } from "../store/writer";
import type { TaskLens } from "../tasks/timelineItems";
import { OpenRoom } from "../timeline/openRoom";
import { RoomTimeline } from "../timeline/roomTimeline";
import { RoomWindow } from "../timeline/roomWindow";
import { ThreadsList } from "../timeline/threadsList";
import { ThreadWindow } from "../timeline/threadWindow";
import type { TimelineSource } from "../timeline/timelineSource";
import { Reading } from "./reading";
import { RoomActions } from "./roomActions";
import { RoomObject } from "./roomObject";
import type { RoomRecords } from "./roomRecords";
import type { RoomEntry } from "./roomsModel";
import { deletesOfRoom } from "./roomSync";
import { TypingNotifier } from "./typingNotifier";

export interface RoomSurroundings {
  readonly writer: Writer;
  readonly records: RoomRecords;
  readonly outbox: Outbox;
  readonly roomsApi: RoomsApi;
  readonly userData: UserDataApi;
  readonly accountData: AccountData;
  readonly platform: Platform;
  readonly now: () => number;
  readonly me: () => UserId;
  /** What the room's timelines know of tasks. */
  readonly lens: (roomId: RoomId) => TaskLens;
}

/** Builds one room out of its parts. */
export function makeRoomEntry(roomId: RoomId, around: RoomSurroundings): RoomEntry {
  const { writer, records, outbox, roomsApi, userData, accountData, platform, now, me } = around;
  const roster: Roster = new Roster(roomId, writer, records, roomsApi, () => open.redraw(null));
  const window = new RoomWindow(roomId, writer, records, roster, roomsApi);
  const open: OpenRoom = new OpenRoom(roomId, window, roster, writer, records, outbox, roomsApi, platform, me, around.lens(roomId));
  const reading = new Reading(roomId, writer, records, roster, outbox, userData, me);
  const typing = new TypingNotifier(roomId, roomsApi, platform, now, me);
  const actions = new RoomActions(roomId, roomsApi, userData, accountData, records, writer.store, me);
  const timeline = new RoomTimeline(open, mainSource(window), outbox, reading, typing, me);

  const makeThread = (rootId: EventId): { timeline: RoomTimeline; events: () => ThreadWindow["events"] } => {
    const source: ThreadWindow = new ThreadWindow(rootId, roomId, open, writer.store, roomsApi, () => thread.refresh());
    const thread: RoomTimeline = new RoomTimeline(open, source, outbox, reading, typing, me);
    return { timeline: thread, events: () => source.events };
  };

  const forget = async (): Promise<void> => {
    const membership = records.get(roomId)?.membership;
    if (membership === "join" || membership === "invite" || membership === "knock") await actions.leave();
    await roomsApi.membership(roomId, "forget", null, null);
    await outbox.forgetRoom(roomId);
    await writer.exclusive(async () => {
      await writer.commit(deletesOfRoom(roomId));
      records.delete(roomId);
    });
    open.reset();
    records.publish([roomId]);
  };

  const threads = new ThreadsList(open, roomsApi);
  const room = new RoomObject(
    roomId,
    { open, timeline, threads, reading, typing, actions, makeThread, forget },
    records,
    outbox,
    me,
  );
  return {
    room,
    open,
    reset: () => {
      open.reset();
      reading.reset();
    },
  };
}

/** The room's window as a timeline: the room itself loads it and keeps it up to date. */
function mainSource(window: RoomWindow): TimelineSource {
  return {
    threadId: null,
    get events() {
      return window.events;
    },
    get atBeginning() {
      return window.atBeginning;
    },
    open: async () => undefined,
    extend: (count) => window.extend(count),
    apply: () => undefined,
    clear: () => undefined,
  };
}
