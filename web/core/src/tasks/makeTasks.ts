import type { AccountApi } from "../api/accountApi";
import type { HttpClient } from "../api/http";
import type { RoomId, UserId } from "../ids";
import type { Observable } from "../observable";
import type { Platform } from "../platform";
import type { RoomRecords } from "../rooms/roomRecords";
import type { Capabilities } from "../session/model";
import type { Writer } from "../store/writer";
import { CatchUp } from "./catchUp";
import { CommandQueue } from "./commandQueue";
import { CommandSender } from "./commandSender";
import type { Uuid } from "./contracts";
import { Drawings } from "./drawings";
import { InboxModel } from "./inbox";
import { TaskLedger } from "./ledger";
import { OutboxModel } from "./outboxModel";
import { People } from "./people";
import { RoomRules } from "./roomRules";
import { ServiceState } from "./service";
import { TaskBook } from "./taskBook";
import { TasksApi } from "./tasksApi";
import { TasksModel } from "./tasksModel";
import { TaskSync } from "./taskSync";
import { TaskViews } from "./taskViews";
import type { TaskLens } from "./timelineItems";
import { authorityOf, workflowOf } from "./trust";

export interface TasksSurroundings {
  readonly http: HttpClient;
  readonly accounts: AccountApi;
  readonly writer: Writer;
  readonly records: RoomRecords;
  readonly capabilities: Observable<Capabilities>;
  readonly platform: Platform;
  readonly now: () => number;
  readonly random: () => number;
  readonly me: () => UserId;
  /** Draws a room's timeline anew. */
  readonly redraw: (roomId: RoomId) => void;
}

/** The tasks of one client, in step with its session. */
export interface TasksEngine {
  readonly tasks: TasksModel;
  readonly sync: TaskSync;
  lens(roomId: RoomId): TaskLens;
  /** A room that I made: it is made ready for tasks, unless that cannot be. */
  welcome(roomId: RoomId): void;
  /** After rooms and capabilities have been read. `leads`: this tab takes over what was queued before. */
  load(leads: boolean): Promise<void>;
  start(): void;
  stop(): Promise<void>;
  /** The connection is back, or somebody asks to try again. */
  wake(): void;
  reset(): void;
}

const SETTLED_MS = 700;

/** Builds the tasks out of their parts. */
export function makeTasks(around: TasksSurroundings): TasksEngine {
  const { http, accounts, writer, records, capabilities, platform, now, random, me } = around;
  const { store } = writer;
  const ours = (): UserId | null => capabilities.getSnapshot().tasksAuthority;
  const present = (): boolean => ours() !== null;

  const drawings = new Drawings(platform, now);
  const redraw = (roomIds: Iterable<RoomId>): void => {
    drawings.redraw();
    outbox.redraw();
    for (const roomId of roomIds) around.redraw(roomId);
  };
  const roomOf = (taskId: Uuid): RoomId[] => {
    const row = book.get(taskId);
    return row === null ? [] : [row.task.room_id];
  };

  const service = new ServiceState(now, () => wake());
  const api = new TasksApi(http, service);
  const book: TaskBook = new TaskBook(store, me, redraw);
  const queue: CommandQueue = new CommandQueue(writer, me, now, random, (taskIds) => redraw(new Set(taskIds.flatMap(roomOf))));
  const askRights = (roomId: RoomId): void => {
    // A task that is being created may have no room yet.
    if (!present() || roomId === "") return;
    // The service speaks of a room to those who are in it; one that is not known here may just have been made.
    if ((records.get(roomId)?.membership ?? "join") !== "join") return;
    void api.roomTasks(roomId).then((answer) => rules.told(answer)).catch(() => undefined); // The service's state says why.
  };
  const rules: RoomRules = new RoomRules(store, records, ours, askRights, (roomIds) => {
    views.renew();
    records.publish(roomIds);
    redraw(roomIds);
    for (const roomId of roomIds) if (rules.value(roomId).observed) askRights(roomId);
  });
  records.consult(ours, (roomId) => authorityOf(rules.state(roomId), ours()) === "ours" && rules.state(roomId).config?.kind === "personal");
  const rooms = (): readonly RoomId[] => [...records.all()].map(({ roomId }) => roomId);
  const views: TaskViews = new TaskViews(book, queue, rules, me, () => capabilities.getSnapshot().admin);
  const ledger: TaskLedger = new TaskLedger(writer, book, queue, me, (entry) => views.withEntry(entry), (decisions) => outbox.decided(decisions));
  const sender: CommandSender = new CommandSender(api, queue, ledger, writer, platform, random, () => outbox.redraw());
  const catchUp: CatchUp = new CatchUp(api, book, ledger, records, store, platform, random, me, present, () => tasks.lookedAt, () => tasks.lists.refresh());

  const authorsBetween = async (taskId: Uuid, after: number, before: number): Promise<readonly UserId[]> => {
    const wanted = Array.from({ length: Math.max(0, Math.min(before - after - 1, 100)) }, (_, i) => after + 1 + i);
    const known = new Map(book.get(taskId)?.authors.map(({ rev, by }) => [rev, by]));
    if (wanted.some((rev) => !known.has(rev))) {
      const page = await api.history(taskId, { limit: 100 }).catch(() => null);
      for (const { rev, actor } of page?.data ?? []) known.set(rev, actor);
    }
    return [...new Set(wanted.flatMap((rev) => known.get(rev) ?? []))];
  };
  const outbox: OutboxModel = new OutboxModel(writer, queue, views, sender, me, authorsBetween);
  const inbox = new InboxModel(api, store, platform, now, present);
  const people = new People(accounts, records, store);

  const sync = new TaskSync(book, ledger, rules, me, ours, (tidings) => {
    if (tidings.tasks) catchUp.poke();
    if (tidings.notices) inbox.poke();
    const looked = tidings.people.filter((roomId) => rules.value(roomId).observed);
    // The service hears of it a moment later than we do.
    if (looked.length > 0) platform.setTimer(SETTLED_MS, () => looked.forEach(askRights));
    if (tidings.rules.length > 0) platform.setTimer(SETTLED_MS, () => tasks.readAgain(new Set(tidings.rules)));
  });

  function wake(): void {
    sender.wake();
    catchUp.wake();
    void inbox.refresh();
    people.reset();
  }
  const tasks: TasksModel = new TasksModel({
    api, service, book, queue, ledger, views, rules, sender, catchUp, outbox, inbox, people, drawings, me, now, retry: wake, askRights,
  });

  let running = false;
  let authority: UserId | null = null;
  const followCapabilities = (): void => {
    service.advertised(present());
    views.renew();
    rules.redraw();
    redraw(rules.ourRooms());
    if (ours() === authority) return;
    authority = ours();
    records.publish(rooms());
    // What rooms said before we knew whom to believe was left out.
    if (running && present()) wake();
  };
  let unsubscribe = (): void => undefined;

  return {
    tasks,
    sync,
    lens: (roomId) => ({
      roomId,
      trusts: (sender_) => rules.trusts(roomId, sender_),
      view: (taskId) => views.view(taskId),
      workflow: () => workflowOf(rules.state(roomId)),
    }),
    welcome(roomId) {
      const record = records.get(roomId);
      if (!present() || record === null || record.encrypted || record.create?.type === "m.space") return;
      // Without an answer the room has its button.
      void tasks.setUp(roomId).catch(() => undefined);
    },
    async load(leads) {
      await Promise.all([book.load(), queue.load(leads), rules.load(), inbox.load(), catchUp.load()]);
      authority = ours();
      if (present()) service.advertised(true);
      records.publish(rooms());
      views.renew();
      redraw([]);
    },
    start() {
      running = true;
      unsubscribe = capabilities.subscribe(followCapabilities);
      sender.start();
      catchUp.start();
      inbox.start();
    },
    async stop() {
      running = false;
      unsubscribe();
      inbox.stop();
      await Promise.all([sender.stop(), catchUp.stop()]);
    },
    wake,
    reset() {
      authority = null;
      for (const part of [queue, book, rules, inbox, catchUp, people, service]) part.reset();
      views.renew();
      tasks.reset();
    },
  };
}
