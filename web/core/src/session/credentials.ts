import type { AccountApi, Grant } from "../api/accountApi";
import { MatrixError } from "../api/errors";
import type { Authority } from "../api/http";
import { TaskProblem } from "../api/problem";
import type { DeviceId, UserId } from "../ids";
import { Value, type Observable } from "../observable";
import type { Platform } from "../platform";
import type { Store } from "../store/store";
import { forgettingServerData } from "../store/writer";
import type { SessionState } from "./model";

/** What the store keeps under "current" in the table `session`. */
interface StoredSession {
  readonly userId: UserId;
  readonly deviceId: DeviceId;
  readonly accessToken: string;
  readonly refreshToken: string | null;
  /** Null: the token does not expire. */
  readonly expiresTs: number | null;
  readonly lifetimeMs: number | null;
  readonly mustChangePassword: boolean;
  /** soft: run out, sign in again on the same device; revoked: over, only own words are kept. */
  readonly ended: "soft" | "revoked" | null;
}

const CURRENT = "current";
const REFRESH_LOCK = "team-messenger:refresh";
const PASSWORD_CHANGE_REQUIRED = "ORG.TEAMMESSENGER.PASSWORD_CHANGE_REQUIRED";
const EARLIEST_RENEWAL_MS = 60_000;

/**
 * The session's tokens: kept in the store, renewed by one refresh at a time (also across tabs), and
 * the state of the session that follows from what the server says about them.
 */
export class Credentials implements Authority {
  readonly #state = new Value<SessionState>({ kind: "restoring" });
  readonly state: Observable<SessionState> = this.#state;
  #session: StoredSession | null = null;
  #renewing: Promise<string | null> | null = null;

  constructor(
    private readonly store: Store,
    /** Over a client that sends no token. */
    private readonly accounts: AccountApi,
    private readonly platform: Platform,
    private readonly baseUrl: string,
    private readonly now: () => number,
  ) {}

  get userId(): UserId | null {
    return this.#session?.userId ?? null;
  }

  get deviceId(): DeviceId | null {
    return this.#session?.deviceId ?? null;
  }

  async restore(): Promise<void> {
    this.#session = (await this.store.get<StoredSession>("session", CURRENT)) ?? null;
    this.#publish();
  }

  /** The device to sign in on again, when this user's session only ran out. */
  deviceToContinue(userId: UserId | null): DeviceId | null {
    const session = this.#session;
    return session !== null && session.ended === "soft" && session.userId === userId ? session.deviceId : null;
  }

  /** A login has succeeded. Data of another user is forgotten first. */
  async adopt(grant: Grant): Promise<void> {
    const previous = this.#session;
    if (previous !== null && previous.userId !== grant.userId) await this.store.clear();
    else if (previous !== null && previous.deviceId !== grant.deviceId) await this.#forgetServerData();
    await this.#keep({
      userId: grant.userId,
      deviceId: grant.deviceId,
      accessToken: grant.accessToken,
      refreshToken: grant.refreshToken,
      expiresTs: grant.expiresInMs === null ? null : this.now() + grant.expiresInMs,
      lifetimeMs: grant.expiresInMs,
      mustChangePassword: grant.mustChangePassword,
      ended: null,
    });
    this.#publish();
  }

  async passwordChanged(): Promise<void> {
    if (this.#session === null) return;
    await this.#keep({ ...this.#session, mustChangePassword: false });
    this.#publish();
  }

  /** The person signed out: everything here is forgotten. */
  async forget(): Promise<void> {
    this.#session = null;
    await this.store.clear();
    this.#state.set({ kind: "signedOut", reason: "loggedOut" });
  }

  async token(): Promise<string | null> {
    const session = this.#session;
    if (session === null || session.ended !== null) return null;
    const { accessToken, expiresTs, refreshToken, lifetimeMs } = session;
    if (expiresTs === null || refreshToken === null) return accessToken;
    // A test server's tokens may live for seconds: renew in their last fifth.
    const margin = Math.min(EARLIEST_RENEWAL_MS, (lifetimeMs ?? EARLIEST_RENEWAL_MS) / 5);
    if (this.now() < expiresTs - margin) return accessToken;
    try {
      return await this.#renewOnce(accessToken, null);
    } catch {
      return accessToken; // The server is away: the request itself will say so.
    }
  }

  renew(failed: string, refusal: MatrixError): Promise<string | null> {
    return this.#renewOnce(failed, refusal);
  }

  refused(error: MatrixError): void {
    const session = this.#session;
    if (error.errcode !== PASSWORD_CHANGE_REQUIRED || session === null || session.mustChangePassword) return;
    void this.#keep({ ...session, mustChangePassword: true }).then(() => this.#publish());
  }

  #renewOnce(failed: string, refusal: MatrixError | null): Promise<string | null> {
    this.#renewing ??= this.#locked(() => this.#exchange(failed, refusal)).finally(() => {
      this.#renewing = null;
    });
    return this.#renewing;
  }

  #locked<T>(run: () => Promise<T>): Promise<T> {
    return this.platform.withLock === undefined ? run() : this.platform.withLock(REFRESH_LOCK, run);
  }

  async #exchange(failed: string, refusal: MatrixError | null): Promise<string | null> {
    // Another tab may have renewed it while we waited for the lock.
    const stored = await this.store.get<StoredSession>("session", CURRENT);
    if (stored !== undefined && stored.ended === null && stored.accessToken !== failed) {
      this.#session = stored;
      this.#publish();
      return stored.accessToken;
    }
    const session = this.#session;
    if (session === null || session.ended !== null) return null;
    if (session.refreshToken === null) {
      // Only the homeserver ends sessions: the tasks service may be wrong about a token.
      if (refusal instanceof TaskProblem) return null;
      await this.#end(refusal?.softLogout === true ? "soft" : "revoked");
      return null;
    }
    try {
      const fresh = await this.accounts.refresh(session.refreshToken);
      await this.#keep({
        ...session,
        accessToken: fresh.accessToken,
        refreshToken: fresh.refreshToken ?? session.refreshToken,
        expiresTs: fresh.expiresInMs === null ? null : this.now() + fresh.expiresInMs,
        lifetimeMs: fresh.expiresInMs,
      });
      return fresh.accessToken;
    } catch (error) {
      // Without an errcode it is not the homeserver that speaks, but a proxy or a hotel's network.
      if (!(error instanceof MatrixError) || error.status >= 500 || error.status === 429 || error.errcode === "M_UNKNOWN") throw error;
      await this.#end(error.softLogout || error.status !== 401 ? "soft" : "revoked");
      return null;
    }
  }

  async #end(how: "soft" | "revoked"): Promise<void> {
    if (this.#session === null) return;
    await this.#keep({ ...this.#session, ended: how });
    if (how === "revoked") await this.#forgetServerData();
    this.#publish();
  }

  async #forgetServerData(): Promise<void> {
    await this.store.commit(forgettingServerData());
  }

  async #keep(session: StoredSession): Promise<void> {
    // Durable before use: a refresh token that was used but not kept would end the session at the next start.
    await this.store.commit([{ op: "put", table: "session", key: CURRENT, value: session }]);
    this.#session = session;
  }

  #publish(): void {
    const next = this.#stateOf(this.#session);
    const before = this.#state.getSnapshot();
    if (JSON.stringify(next) !== JSON.stringify(before)) this.#state.set(next);
  }

  #stateOf(stored: StoredSession | null): SessionState {
    if (stored === null) return { kind: "signedOut", reason: "none" };
    if (stored.ended === "revoked") return { kind: "signedOut", reason: "revoked" };
    const session = { userId: stored.userId, deviceId: stored.deviceId, baseUrl: this.baseUrl };
    if (stored.ended === "soft") return { kind: "softLoggedOut", session };
    if (stored.mustChangePassword) return { kind: "passwordChangeRequired", session };
    return { kind: "signedIn", session };
  }
}
