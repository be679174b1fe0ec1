import { at, texts } from "../api/read";
import type { RawEvent, SyncAnswer, SyncedRoom } from "../api/wire";
import type { RoomId, UserId } from "../ids";
import type { StoreWrite } from "../store/store";
import type { SyncPart } from "../sync/part";
import type { Outcome, Result } from "./contracts";
import type { LedgerChange, TaskLedger } from "./ledger";
import { RESULT, TASK } from "./names";
import type { RoomRules } from "./roomRules";
import type { TaskNews } from "./row";
import { bundledIn, heardIn } from "./shape";
import type { TaskBook } from "./taskBook";
import { authorityOf, isTrusted, rulesAlike, type RoomState } from "./trust";

export interface TaskChanges {
  readonly states: ReadonlyMap<RoomId, RoomState>;
  readonly ledger: LedgerChange;
  readonly tidings: Tidings;
  /** Refusals of my commands. */
  readonly refusals: readonly Outcome[];
}

/** What an answer gives reason to ask the service about. */
export interface Tidings {
  /** There may be more to know than the rooms said: `can`, what lies in a gap, what came with a room. */
  readonly tasks: boolean;
  /** Somebody may have been notified, and it may be me. */
  readonly notices: boolean;
  /**
   * Rooms of ours where somebody came, went or got other powers: whom I may assign there is another question now. And
   * any room that I have come into: only now can it be asked.
   */
  readonly people: readonly RoomId[];
  /** Rooms with tasks that are known here and were judged by other rules. */
  readonly rules: readonly RoomId[];
}

/** Tasks, as rooms tell them by sync. */
export class TaskSync implements SyncPart<TaskChanges> {
  constructor(
    private readonly book: TaskBook,
    private readonly ledger: TaskLedger,
    private readonly rules: RoomRules,
    private readonly me: () => UserId,
    /** The account that our server advertises. */
    private readonly ours: () => UserId | null,
    private readonly told: (tidings: Tidings) => void,
  ) {}

  async prepare(answer: SyncAnswer): Promise<TaskChanges> {
    const states = this.rules.after(answer);
    const news: TaskNews[] = [];
    const refusals: Outcome[] = [];
    const tidings = { tasks: false, notices: false, people: new Array<RoomId>(), rules: new Array<RoomId>() };
    for (const room of answer.rooms) {
      const state = states.get(room.roomId) ?? this.rules.state(room.roomId);
      if (room.membership === "leave") {
        news.push(...this.book.withoutRoom(room.roomId));
        continue;
      }
      const entered = room.membership === "join" && !this.rules.joined(room.roomId);
      if (entered || (authorityOf(state, this.ours()) === "ours" && room.timeline.some(isAboutPeople))) tidings.people.push(room.roomId);
      if (authorityOf(state, this.ours()) !== "ours") continue;
      const outruled = rulesAlike(state, this.rules.state(room.roomId)) ? [] : this.book.outruled(room.roomId);
      if (outruled.length > 0) tidings.rules.push(room.roomId);
      const heard = this.#heard(room, state);
      news.push(...outruled, ...heard);
      tidings.tasks ||= heard.length > 0 || room.limited || states.has(room.roomId);
      tidings.notices ||= this.#notifies(room, state);
      refusals.push(...this.#refusals(room, state));
    }
    return { states, ledger: this.ledger.plan(news), tidings, refusals };
  }

  writes(changes: TaskChanges): readonly StoreWrite[] {
    return this.ledger.writesOf(changes.ledger);
  }

  after(changes: TaskChanges): void {
    this.rules.adopt(changes.states);
    this.ledger.adopt(changes.ledger);
  }

  completed(changes: TaskChanges): void {
    this.told(changes.tidings);
    // The request that carried the command asks once more.
    void this.ledger.settle(changes.refusals).catch(() => undefined);
  }

  #heard(room: SyncedRoom, state: RoomState): readonly TaskNews[] {
    return room.timeline.flatMap((event): TaskNews[] => {
      if (event.type !== TASK || !isTrusted(event.sender, state, this.ours())) return [];
      return [event, bundledIn(event)].flatMap((each) => {
        const heard = each === null ? null : heardIn(each, room.roomId);
        return heard === null ? [] : [{ kind: "heard", heard }];
      });
    });
  }

  /** Acceptance is the revision; what is refused is answered by an event of its own. */
  #refusals(room: SyncedRoom, state: RoomState): readonly Outcome[] {
    return room.timeline.flatMap((event): Outcome[] => {
      if (event.type !== RESULT || !isTrusted(event.sender, state, this.ours())) return [];
      const result = event.content as unknown as Partial<Result>;
      const { cause, code } = result;
      if (cause?.actor !== this.me() || code === undefined) return [];
      const { detail, current_rev: currentRev, conflicts, errors } = result;
      return [
        {
          cmd_id: cause.cmd_id,
          state: "rejected",
          code,
          ...(detail === undefined ? {} : { detail }),
          ...(currentRev === undefined ? {} : { current_rev: currentRev }),
          ...(conflicts === undefined ? {} : { conflicts }),
          ...(errors === undefined ? {} : { errors }),
        },
      ];
    });
  }

  /** A task that mentions me, or a word of the service in my own room. */
  #notifies(room: SyncedRoom, state: RoomState): boolean {
    return room.timeline.some((event: RawEvent) => {
      if (!isTrusted(event.sender, state, this.ours())) return false;
      return state.config?.kind === "personal" || texts(at(event.content, "m.mentions", "user_ids")).includes(this.me());
    });
  }
}

function isAboutPeople({ type, state_key: stateKey }: RawEvent): boolean {
  return stateKey !== undefined && (type === "m.room.member" || type === "m.room.power_levels");
}
