import { AccountApi } from "./api/accountApi";
import { AdminApi } from "./api/adminApi";
import { DirectoryApi } from "./api/directoryApi";
import { HttpClient, type Authority } from "./api/http";
import { MediaApi } from "./api/mediaApi";
import { RoomsApi } from "./api/roomsApi";
import { SyncApi } from "./api/syncApi";
import { UserDataApi } from "./api/userDataApi";
import type { Admin } from "./admin/model";
import type { Crypto } from "./crypto/crypto";
import type { Directory } from "./directory/model";
import { Engine } from "./engine";
import type { UserId } from "./ids";
import type { Media } from "./media/model";
import type { Observable } from "./observable";
import type { Fetch, Platform, Upload } from "./platform";
import type { Rooms } from "./rooms/contract";
import { makeRoomEntry } from "./rooms/makeRoom";
import { RoomRecords } from "./rooms/roomRecords";
import { RoomObjects, RoomsModel } from "./rooms/roomsModel";
import { RoomSync } from "./rooms/roomSync";
import { DraftBook } from "./sendQueue/draftBook";
import type { Drafts, SendQueue } from "./sendQueue/model";
import { Outbox } from "./sendQueue/outbox";
import { Transmitter } from "./sendQueue/transmit";
import { AccountData } from "./session/accountData";
import { AccountSession } from "./session/accountSession";
import { Credentials } from "./session/credentials";
import type { Session } from "./session/model";
import type { Store } from "./store/store";
import { TabStore } from "./store/tabStore";
import { Writer } from "./store/writer";
import type { SyncState } from "./sync/model";
import { SyncLoop } from "./sync/syncLoop";
import type { Tasks } from "./tasks/contract";
import { makeTasks, type TasksEngine } from "./tasks/makeTasks";

export interface ClientOptions {
  readonly fetch: Fetch;
  readonly upload?: Upload;
  readonly store: Store;
  /** Of the homeserver, without a slash at the end: `location.origin`. */
  readonly baseUrl: string;
  readonly platform: Platform;
  /** Milliseconds since the epoch; default Date.now. */
  readonly now?: () => number;
  /** 0 <= x < 1; default Math.random. */
  readonly random?: () => number;
  readonly crypto?: Crypto;
}

export interface Client {
  readonly session: Session;
  readonly sync: {
    readonly state: Observable<SyncState>;
    /** Tries at once instead of waiting. */
    retryNow(): void;
  };
  readonly rooms: Rooms;
  readonly sendQueue: SendQueue;
  readonly drafts: Drafts;
  readonly media: Media;
  readonly directory: Directory;
  readonly admin: Admin;
  readonly tasks: Tasks;
  /** Restores the session and rooms from the store, then connects. Resolves when views can be drawn. */
  start(): Promise<void>;
  /** Ends all activity; resolves when nothing runs any more. Data stays. */
  stop(): Promise<void>;
}

/** For calls that carry no token: they never ask for one. */
const NOBODY: Authority = {
  token: async () => null,
  renew: async () => null,
  refused: () => undefined,
};

/** The composition root: builds everything in order, from constructor arguments alone. */
export function createClient(options: ClientOptions): Client {
  const { platform, baseUrl } = options;
  const now = options.now ?? Date.now;
  const random = options.random ?? Math.random;
  const upload = options.upload ?? null;

  const store = new TabStore(options.store);
  const writer = new Writer(store);

  const anonymous = new HttpClient(baseUrl, options.fetch, upload, platform, NOBODY);
  const credentials = new Credentials(store, new AccountApi(anonymous), platform, baseUrl, now);
  const me = (): UserId => credentials.userId ?? "";

  const http = new HttpClient(baseUrl, options.fetch, upload, platform, credentials);
  const accounts = new AccountApi(http);
  const roomsApi = new RoomsApi(http);
  const userData = new UserDataApi(http);
  const media = new MediaApi(http);
  const directory = new DirectoryApi(http, accounts);
  const admin = new AdminApi(http);

  const accountData = new AccountData(store);
  const records = new RoomRecords(store, accountData, platform);
  const drafts = new DraftBook(store, platform);
  const transmitter = new Transmitter(roomsApi, media, store);
  const objects: RoomObjects = new RoomObjects((roomId) =>
    makeRoomEntry(roomId, {
      writer, records, outbox, roomsApi, userData, accountData, platform, now, me, lens: (id) => tasks.lens(id),
    }),
  );
  const outbox: Outbox = new Outbox(writer, transmitter, platform, now, random, (roomId) => objects.redraw(roomId));

  const session = new AccountSession(credentials, accounts, store, platform, () => engine.quiesce());
  const tasks: TasksEngine = makeTasks({
    http, accounts, writer, records, platform, now, random, me,
    capabilities: session.capabilities,
    redraw: (roomId) => objects.redraw(roomId),
  });
  const rooms = new RoomsModel(roomsApi, records, accountData, objects, me, (roomId) => tasks.welcome(roomId));
  const roomSync = new RoomSync(store, records, objects, me, now, rooms.told);
  // Echoes leave in the same breath as their events arrive: the outboxes go first.
  const parts = [accountData, outbox, tasks.sync, roomSync];
  const sync = new SyncLoop(new SyncApi(http), writer, parts, platform, now, random, (reconnected) => {
    if (reconnected) engine.reconnected();
  });
  const engine: Engine = new Engine({
    store, credentials, session, accountData, records, objects, outbox, drafts, media, tasks, sync, platform,
  });

  return {
    session,
    sync: {
      state: sync.state,
      retryNow: () => engine.retryNow(),
    },
    rooms,
    sendQueue: outbox,
    drafts,
    media,
    directory,
    admin,
    tasks: tasks.tasks,
    start: () => engine.start(),
    stop: () => engine.stop(),
  };
}
