import type { MediaApi } from "./api/mediaApi";
import type { Platform } from "./platform";
import type { RoomRecords } from "./rooms/roomRecords";
import type { RoomObjects } from "./rooms/roomsModel";
import type { DraftBook } from "./sendQueue/draftBook";
import type { Outbox } from "./sendQueue/outbox";
import type { AccountData } from "./session/accountData";
import type { AccountSession } from "./session/accountSession";
import type { Credentials } from "./session/credentials";
import type { SessionState } from "./session/model";
import type { TabStore } from "./store/tabStore";
import { adoptFormat } from "./store/writer";
import type { SyncLoop } from "./sync/syncLoop";
import type { TasksEngine } from "./tasks/makeTasks";

export interface EngineParts {
  readonly store: TabStore;
  readonly credentials: Credentials;
  readonly session: AccountSession;
  readonly accountData: AccountData;
  readonly records: RoomRecords;
  readonly objects: RoomObjects;
  readonly outbox: Outbox;
  readonly drafts: DraftBook;
  readonly media: MediaApi;
  readonly tasks: TasksEngine;
  readonly sync: SyncLoop;
  readonly platform: Platform;
}

const LEADER_LOCK = "team-messenger:leader";

/** What runs for which session: `data` is loaded for drawing, `live` also talks to the server. */
type Stage = { readonly kind: "empty" } | { readonly kind: "data" | "live"; readonly session: string };

/**
 * Keeps what runs in step with the session: loads the store when somebody is signed in, starts sync and
 * the outbox, and empties memory when the session ends. One step at a time.
 */
export class Engine {
  #stage: Stage = { kind: "empty" };
  #wanted: SessionState = { kind: "restoring" };
  #steps: Promise<void> = Promise.resolve();
  #unsubscribe: (() => void) | null = null;
  #releaseLock: (() => void) | null = null;
  #endWatch: () => void = () => undefined;

  constructor(private readonly parts: EngineParts) {}

  async start(): Promise<void> {
    if (this.#unsubscribe !== null) return this.#steps;
    const { credentials } = this.parts;
    // Not before start has resolved: views would show an empty list for a moment.
    const first = credentials.state.getSnapshot().kind === "restoring";
    this.#unsubscribe = credentials.state.subscribe(() => this.#follow(credentials.state.getSnapshot()));
    if (first) await credentials.restore();
    this.#follow(credentials.state.getSnapshot());
    await this.#steps;
  }

  async stop(): Promise<void> {
    this.#unsubscribe?.();
    this.#unsubscribe = null;
    await this.#step(async () => {
      await this.#halt();
      this.#release();
    });
  }

  /** Ends all activity before a login or logout changes the data beneath it. */
  quiesce(): Promise<void> {
    return this.#step(() => this.#halt());
  }

  /** Whatever waits for the connection tries again. */
  retryNow(): void {
    this.parts.sync.retryNow();
    this.parts.outbox.wake();
    this.parts.tasks.wake();
  }

  reconnected(): void {
    this.parts.outbox.wake();
    this.parts.tasks.wake();
    void this.parts.session.refresh().catch(() => undefined);
  }

  #follow(state: SessionState): void {
    this.#wanted = state;
    void this.#step(() => this.#reach());
  }

  #step(run: () => Promise<void>): Promise<void> {
    this.#steps = this.#steps.then(run).catch((error: unknown) => {
      this.parts.platform.log?.("error", "the client could not follow the session", error);
    });
    return this.#steps;
  }

  async #reach(): Promise<void> {
    const wanted = this.#wanted;
    const session = "session" in wanted ? `${wanted.session.userId} ${wanted.session.deviceId}` : null;
    if (this.#stage.kind !== "empty" && this.#stage.session !== session) await this.#empty();
    if (wanted.kind === "signedIn" && session !== null) {
      if (this.#stage.kind === "empty") await this.#load(session);
      if (this.#stage.kind === "data") this.#run(session);
    } else if (this.#stage.kind === "live") {
      await this.#halt();
    }
  }

  async #load(session: string): Promise<void> {
    const { store, session: account, accountData, records, objects, outbox, drafts, tasks, credentials, platform } = this.parts;
    this.#releaseLock ??= (await platform.tryHoldLock?.(LEADER_LOCK)) ?? null;
    const leads = platform.tryHoldLock === undefined || this.#releaseLock !== null;
    if (leads) store.lead();
    else store.follow();
    await adoptFormat(store);
    await accountData.load();
    await Promise.all([account.restore(), drafts.load(), records.load(credentials.userId ?? "")]);
    await outbox.load(credentials.deviceId ?? "", leads);
    await tasks.load(leads);
    this.#stage = { kind: "data", session };
    objects.reload();
  }

  #run(session: string): void {
    const { sync, outbox, tasks, credentials, session: account, platform } = this.parts;
    this.#stage = { kind: "live", session };
    this.#endWatch = platform.onConnectivity?.(() => this.retryNow()) ?? (() => undefined);
    sync.start(credentials.userId ?? "");
    outbox.start();
    tasks.start();
    void account.refresh().catch(() => undefined);
  }

  async #halt(): Promise<void> {
    const { sync, outbox, tasks, drafts } = this.parts;
    this.#endWatch();
    await Promise.all([sync.stop(), outbox.stop(), tasks.stop(), drafts.write()]);
    if (this.#stage.kind === "live") this.#stage = { kind: "data", session: this.#stage.session };
  }

  async #empty(): Promise<void> {
    await this.#halt();
    const { accountData, records, objects, outbox, drafts, media, tasks, session } = this.parts;
    this.#stage = { kind: "empty" };
    for (const part of [accountData, records, outbox, drafts, media, tasks, session, objects]) part.reset();
    this.#release();
  }

  #release(): void {
    this.#releaseLock?.();
    this.#releaseLock = null;
  }
}
