import type { AccountApi } from "../api/accountApi";
import { MatrixError } from "../api/errors";
import { at, flag, text } from "../api/read";
import { localpartOf, type DeviceId, type MxcUri, type UserId } from "../ids";
import { Value, type Observable } from "../observable";
import type { Platform } from "../platform";
import type { Store } from "../store/store";
import type { Credentials } from "./credentials";
import type { Capabilities, Device, OwnProfile, Session, SessionState, WelcomeInfo } from "./model";

const NO_CAPABILITIES: Capabilities = {
  admin: false,
  canChangePassword: true,
  canSetDisplayName: true,
  canSetAvatar: true,
  defaultRoomVersion: null,
  tasksAuthority: null,
};

/** Pure. The answer of GET /capabilities; what it does not mention is allowed. */
export function parseCapabilities(answer: unknown): Capabilities {
  const enabled = (name: string): boolean => at(answer, "capabilities", name, "enabled") !== false;
  return {
    admin: flag(at(answer, "capabilities", "org.teammessenger.account", "admin")),
    canChangePassword: enabled("m.change_password"),
    canSetDisplayName: enabled("m.set_displayname"),
    canSetAvatar: enabled("m.set_avatar_url"),
    defaultRoomVersion: text(at(answer, "capabilities", "m.room_versions", "default")),
    tasksAuthority: text(at(answer, "capabilities", "org.teammessenger.tasks", "authority")),
  };
}

/** Signing in and out, and what an account can do about itself. */
export class AccountSession implements Session {
  readonly state: Observable<SessionState>;
  readonly #profile = new Value<OwnProfile | null>(null);
  readonly profile: Observable<OwnProfile | null> = this.#profile;
  readonly #capabilities = new Value<Capabilities>(NO_CAPABILITIES);
  readonly capabilities: Observable<Capabilities> = this.#capabilities;
  /** Of a login in this run: a forced change does not ask for it a second time. */
  #passwordJustUsed: string | null = null;

  constructor(
    private readonly credentials: Credentials,
    private readonly accounts: AccountApi,
    private readonly store: Store,
    private readonly platform: Platform,
    /** Stops all activity before the data goes. */
    private readonly quiesce: () => Promise<void>,
  ) {
    this.state = credentials.state;
  }

  /** Profile and capabilities as last seen. */
  async restore(): Promise<void> {
    this.#profile.set((await this.store.get<OwnProfile>("session", "profile")) ?? null);
    const kept = await this.store.get<Capabilities>("session", "capabilities");
    // Older rows lack what was learnt to ask for later.
    this.#capabilities.set(kept === undefined ? NO_CAPABILITIES : { ...NO_CAPABILITIES, ...kept });
  }

  /** Asks the server for both; what fails stays as it was. */
  async refresh(): Promise<void> {
    const userId = this.credentials.userId;
    if (userId === null) return;
    const [profile, capabilities] = await Promise.allSettled([
      this.accounts.profile(userId),
      this.accounts.capabilities().then(parseCapabilities),
    ]);
    if (userId !== this.credentials.userId) return;
    if (profile.status === "fulfilled") {
      await this.#keepProfile({ userId, displayName: profile.value?.displayName ?? null, avatar: profile.value?.avatar ?? null });
    }
    const before = this.#capabilities.getSnapshot();
    // The first answer is news even where it says what we assumed.
    if (capabilities.status === "fulfilled" && (before === NO_CAPABILITIES || !sameValue(capabilities.value, before))) {
      this.#capabilities.set(capabilities.value);
      await this.store.commit([{ op: "put", table: "session", key: "capabilities", value: capabilities.value }]);
    }
  }

  async login(user: string, password: string): Promise<void> {
    const name = user.trim().replace(/^@(?=[^:]*$)/, "");
    const current = this.credentials.userId;
    const again = current !== null && (name === current || name === localpartOf(current));
    const deviceId = again ? this.credentials.deviceToContinue(current) : null;
    const grant = await this.accounts.login(name, password, this.#device(deviceId));
    this.#passwordJustUsed = password;
    await this.quiesce();
    await this.credentials.adopt(grant);
  }

  welcome(token: string): Promise<WelcomeInfo> {
    return this.accounts.welcome(token);
  }

  async acceptWelcome(token: string, password: string): Promise<void> {
    const grant = await this.accounts.acceptWelcome(token, password, this.#device(null));
    await this.quiesce();
    await this.credentials.adopt(grant);
  }

  async changePassword(change: { newPassword: string; oldPassword?: string; logoutOthers?: boolean }): Promise<void> {
    const old = change.oldPassword ?? this.#passwordJustUsed;
    if (old === null) {
      throw new MatrixError({ status: 400, errcode: "M_MISSING_PARAM", message: "The current password is needed" });
    }
    await this.accounts.changePassword(this.#me(), old, change.newPassword, change.logoutOthers ?? true);
    this.#passwordJustUsed = null;
    await this.credentials.passwordChanged();
  }

  logout(): Promise<void> {
    return this.#logout(false);
  }

  logoutEverywhere(): Promise<void> {
    return this.#logout(true);
  }

  async setDisplayName(name: string): Promise<void> {
    await this.accounts.setProfile(this.#me(), "displayname", name);
    await this.#keepProfile({ ...this.#ownProfile(), displayName: name === "" ? null : name });
  }

  async setAvatar(avatar: MxcUri | null): Promise<void> {
    await this.accounts.setProfile(this.#me(), "avatar_url", avatar ?? "");
    await this.#keepProfile({ ...this.#ownProfile(), avatar });
  }

  async devices(): Promise<readonly Device[]> {
    const current = this.credentials.deviceId;
    const devices = await this.accounts.devices();
    return devices
      .map((device) => ({ ...device, current: device.deviceId === current }))
      .sort((a, b) => Number(b.current) - Number(a.current) || (b.lastSeenTs ?? 0) - (a.lastSeenTs ?? 0));
  }

  renameDevice(deviceId: DeviceId, displayName: string): Promise<void> {
    return this.accounts.renameDevice(deviceId, displayName);
  }

  deleteDevices(deviceIds: readonly DeviceId[], password: string): Promise<void> {
    return this.accounts.deleteDevices(this.#me(), deviceIds, password);
  }

  /** Nothing of the last session stays in memory. */
  reset(): void {
    this.#profile.set(null);
    this.#capabilities.set(NO_CAPABILITIES);
    this.#passwordJustUsed = null;
  }

  async #logout(everywhere: boolean): Promise<void> {
    await this.quiesce();
    // Offline the token outlives us on the server, but nobody holds it any more.
    await this.accounts.logout(everywhere).catch((error: unknown) => {
      this.platform.log?.("warn", "The server was not told of the logout", error);
    });
    await this.credentials.forget();
    this.reset();
    // What memory held is gone as well when this returns.
    await this.quiesce();
  }

  #device(deviceId: DeviceId | null): { deviceId?: DeviceId; deviceName?: string } {
    const { deviceName } = this.platform;
    return { ...(deviceId === null ? {} : { deviceId }), ...(deviceName === undefined ? {} : { deviceName }) };
  }

  #me(): UserId {
    const userId = this.credentials.userId;
    if (userId === null) throw new MatrixError({ status: 401, errcode: "M_MISSING_TOKEN", message: "Not signed in" });
    return userId;
  }

  #ownProfile(): OwnProfile {
    return this.#profile.getSnapshot() ?? { userId: this.#me(), displayName: null, avatar: null };
  }

  async #keepProfile(profile: OwnProfile): Promise<void> {
    if (sameValue(profile, this.#profile.getSnapshot())) return;
    this.#profile.set(profile);
    await this.store.commit([{ op: "put", table: "session", key: "profile", value: profile }]);
  }
}

function sameValue(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
