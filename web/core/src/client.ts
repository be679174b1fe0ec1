import type { Admin } from "./admin/model";
import type { Crypto } from "./crypto/crypto";
import type { Directory } from "./directory/model";
import type { Media } from "./media/model";
import type { Observable } from "./observable";
import type { Fetch, Platform, Upload } from "./platform";
import type { Rooms } from "./rooms/contract";
import type { Drafts, SendQueue } from "./sendQueue/model";
import type { Session } from "./session/model";
import type { Store } from "./store/store";
import type { SyncState } from "./sync/model";

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
  readonly sync: { readonly state: Observable<SyncState>; /** Tries at once instead of waiting. */ retryNow(): void };
  readonly rooms: Rooms;
  readonly sendQueue: SendQueue;
  readonly drafts: Drafts;
  readonly media: Media;
  readonly directory: Directory;
  readonly admin: Admin;
  /** Restores the session and rooms from the store, then connects. Resolves when views can be drawn. */
  start(): Promise<void>;
  /** Ends all activity; resolves when nothing runs any more. Data stays. */
  stop(): Promise<void>;
}

export declare function createClient(options: ClientOptions): Client;
