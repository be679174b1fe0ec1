import type { MxcUri, UserId } from "../ids";

export interface AdminUser {
  readonly userId: UserId;
  readonly displayName: string | null;
  readonly avatar: MxcUri | null;
  readonly admin: boolean;
  readonly active: boolean;
  readonly hasPassword: boolean;
  readonly mustChangePassword: boolean;
  readonly createdTs: number;
  readonly lastSeenTs: number | null;
}

/** A one-time sign-in link: show it as `${location.origin}/#/welcome/${token}`. */
export interface WelcomeLink {
  readonly userId: UserId;
  readonly token: string;
  readonly expiresTs: number;
}

/** For administrators (`session.capabilities.admin`); others get MatrixError M_FORBIDDEN. */
export interface Admin {
  users(options?: { readonly search?: string; readonly from?: string; readonly limit?: number; readonly signal?: AbortSignal }): Promise<{
    readonly users: readonly AdminUser[];
    readonly next: string | null;
    readonly total: number;
  }>;
  /** Throws M_INVALID_USERNAME, M_USER_IN_USE. */
  addUser(user: { readonly localpart: string; readonly displayName?: string; readonly admin?: boolean }): Promise<WelcomeLink>;
  /** A new link: older ones die, the person's sessions end, a new password must be chosen. */
  newWelcomeLink(userId: UserId): Promise<WelcomeLink>;
  updateUser(userId: UserId, change: { readonly displayName?: string; readonly admin?: boolean; readonly active?: boolean }): Promise<AdminUser>;
}
