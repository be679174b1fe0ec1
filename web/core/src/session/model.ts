import type { ErrorInfo } from "../api/errors";
import type { DeviceId, MxcUri, UserId } from "../ids";
import type { Observable } from "../observable";

/** The part of a session that views may know; tokens stay inside core. */
export interface SessionInfo {
  readonly userId: UserId;
  readonly deviceId: DeviceId;
  readonly baseUrl: string;
}

/**
 * Where we stand with the server.
 *
 * - `restoring`: reading the store; show a splash for a moment.
 * - `signedOut`: show the sign-in page. `reason` says why we came here.
 * - `passwordChangeRequired`: show "choose a new password"; nothing else works until then.
 * - `softLoggedOut`: the session has run out, the data is kept; show "sign in again" for this user.
 * - `signedIn`: show the app (drawn from the store, perhaps offline).
 */
export type SessionState =
  | { readonly kind: "restoring" }
  | { readonly kind: "signedOut"; readonly reason: "none" | "loggedOut" | "revoked" }
  | { readonly kind: "passwordChangeRequired"; readonly session: SessionInfo }
  | { readonly kind: "softLoggedOut"; readonly session: SessionInfo }
  | { readonly kind: "signedIn"; readonly session: SessionInfo };

export interface OwnProfile {
  readonly userId: UserId;
  readonly displayName: string | null;
  readonly avatar: MxcUri | null;
}

export interface Capabilities {
  /** True when this account administers the server (shows the People page). */
  readonly admin: boolean;
  readonly canChangePassword: boolean;
  readonly canSetDisplayName: boolean;
  readonly canSetAvatar: boolean;
  readonly defaultRoomVersion: string | null;
  /** The account that decides about tasks here; null: this server has no tasks service. */
  readonly tasksAuthority: UserId | null;
}

export interface Device {
  readonly deviceId: DeviceId;
  readonly displayName: string | null;
  readonly lastSeenTs: number | null;
  readonly lastSeenIp: string | null;
  readonly current: boolean;
}

export interface WelcomeInfo {
  readonly userId: UserId;
  readonly displayName: string | null;
  readonly serverName: string;
}

export interface Session {
  readonly state: Observable<SessionState>;
  /** Null until signed in and loaded once (kept in the store afterwards). */
  readonly profile: Observable<OwnProfile | null>;
  readonly capabilities: Observable<Capabilities>;

  /** `user`: a localpart or a whole user id. Throws MatrixError (M_FORBIDDEN: wrong name or password). */
  login(user: string, password: string): Promise<void>;
  /** Who a welcome link is for. Throws MatrixError M_NOT_FOUND when it is used, expired or unknown. */
  welcome(token: string): Promise<WelcomeInfo>;
  /** Sets the first password, consumes the link and signs in. Throws M_WEAK_PASSWORD, M_NOT_FOUND. */
  acceptWelcome(token: string, password: string): Promise<void>;
  /**
   * Changes the password; in `passwordChangeRequired` leads on to `signedIn`. `oldPassword` may be left out
   * right after a login in this run of the app. Throws M_FORBIDDEN (old one wrong), M_WEAK_PASSWORD.
   */
  changePassword(change: {
    newPassword: string;
    oldPassword?: string;
    /** End all other sessions; default true. */
    logoutOthers?: boolean;
  }): Promise<void>;
  /** Ends the session here and forgets all local data, also when the server cannot be reached. */
  logout(): Promise<void>;
  /** Ends every session of the account. */
  logoutEverywhere(): Promise<void>;

  setDisplayName(name: string): Promise<void>;
  /** An mxc URI from `client.media.upload`, or null for none. */
  setAvatar(avatar: MxcUri | null): Promise<void>;

  devices(): Promise<readonly Device[]>;
  renameDevice(deviceId: DeviceId, displayName: string): Promise<void>;
  /** Ends other sessions; the server wants the password again. */
  deleteDevices(deviceIds: readonly DeviceId[], password: string): Promise<void>;
}

export type { ErrorInfo };
