import { route, type HttpClient } from "./http";
import { MatrixError } from "./errors";
import { at, flag, list, number, text } from "./read";
import type { DeviceId, MxcUri, UserId } from "../ids";

/** What a login, a welcome link or a refresh grants. */
export interface Grant {
  readonly userId: UserId;
  readonly deviceId: DeviceId;
  readonly accessToken: string;
  readonly refreshToken: string | null;
  readonly expiresInMs: number | null;
  readonly mustChangePassword: boolean;
}

export interface LoginDevice {
  readonly deviceId?: DeviceId;
  readonly deviceName?: string;
}

function parseGrant(answer: unknown): Grant {
  const userId = text(at(answer, "user_id"));
  const deviceId = text(at(answer, "device_id"));
  const accessToken = text(at(answer, "access_token"));
  if (userId === null || deviceId === null || accessToken === null) {
    throw new MatrixError({ status: 502, errcode: "M_BAD_JSON", message: "The server's login answer is incomplete" });
  }
  return {
    userId,
    deviceId,
    accessToken,
    refreshToken: text(at(answer, "refresh_token")),
    expiresInMs: number(at(answer, "expires_in_ms")),
    mustChangePassword: flag(at(answer, "org.teammessenger.must_change_password")),
  };
}

/** Accounts, sessions and devices. */
export class AccountApi {
  constructor(private readonly http: HttpClient) {}

  async login(user: string, password: string, device: LoginDevice): Promise<Grant> {
    const answer = await this.http.json({
      method: "POST",
      path: "/_matrix/client/v3/login",
      auth: "none",
      body: {
        type: "m.login.password",
        identifier: { type: "m.id.user", user },
        password,
        device_id: device.deviceId,
        initial_device_display_name: device.deviceName,
        refresh_token: true,
      },
    });
    return parseGrant(answer);
  }

  async welcome(token: string): Promise<{ userId: UserId; displayName: string | null; serverName: string }> {
    const answer = await this.http.json({
      method: "GET",
      path: route`/_teammessenger/client/v1/welcome/${token}`,
      auth: "none",
    });
    return {
      userId: text(answer["user_id"]) ?? "",
      displayName: text(answer["display_name"]),
      serverName: text(answer["server_name"]) ?? "",
    };
  }

  async acceptWelcome(token: string, password: string, device: LoginDevice): Promise<Grant> {
    const answer = await this.http.json({
      method: "POST",
      path: route`/_teammessenger/client/v1/welcome/${token}`,
      auth: "none",
      body: {
        password,
        device_id: device.deviceId,
        initial_device_display_name: device.deviceName,
        refresh_token: true,
      },
    });
    return parseGrant(answer);
  }

  async refresh(refreshToken: string): Promise<Pick<Grant, "accessToken" | "refreshToken" | "expiresInMs">> {
    const answer = await this.http.json({
      method: "POST",
      path: "/_matrix/client/v3/refresh",
      auth: "none",
      body: { refresh_token: refreshToken },
    });
    const accessToken = text(answer["access_token"]);
    if (accessToken === null) {
      throw new MatrixError({ status: 502, errcode: "M_BAD_JSON", message: "The server's refresh answer is incomplete" });
    }
    return { accessToken, refreshToken: text(answer["refresh_token"]), expiresInMs: number(answer["expires_in_ms"]) };
  }

  async logout(everywhere: boolean): Promise<void> {
    await this.http.json({
      method: "POST",
      path: everywhere ? "/_matrix/client/v3/logout/all" : "/_matrix/client/v3/logout",
      body: {},
      timeoutMs: 5_000,
      patienceMs: 0,
    });
  }

  async changePassword(userId: UserId, oldPassword: string, newPassword: string, logoutOthers: boolean): Promise<void> {
    await this.#withPassword(userId, oldPassword, (auth) =>
      this.http.json({
        method: "POST",
        path: "/_matrix/client/v3/account/password",
        body: { new_password: newPassword, logout_devices: logoutOthers, auth },
      }),
    );
  }

  async capabilities(): Promise<Record<string, unknown>> {
    return this.http.json({ method: "GET", path: "/_matrix/client/v3/capabilities" });
  }

  /** Null when there is no such user. */
  async profile(userId: UserId): Promise<{ displayName: string | null; avatar: MxcUri | null } | null> {
    try {
      const answer = await this.http.json({ method: "GET", path: route`/_matrix/client/v3/profile/${userId}` });
      return { displayName: text(answer["displayname"]), avatar: text(answer["avatar_url"]) };
    } catch (error) {
      if (error instanceof MatrixError && error.status === 404) return null;
      throw error;
    }
  }

  async setProfile(userId: UserId, field: "displayname" | "avatar_url", value: string): Promise<void> {
    await this.http.json({
      method: "PUT",
      path: route`/_matrix/client/v3/profile/${userId}/${field}`,
      body: { [field]: value },
    });
  }

  async devices(): Promise<
    readonly { deviceId: DeviceId; displayName: string | null; lastSeenTs: number | null; lastSeenIp: string | null }[]
  > {
    const answer = await this.http.json({ method: "GET", path: "/_matrix/client/v3/devices" });
    return list(answer["devices"]).flatMap((device) => {
      const deviceId = text(at(device, "device_id"));
      if (deviceId === null) return [];
      return [
        {
          deviceId,
          displayName: text(at(device, "display_name")),
          lastSeenTs: number(at(device, "last_seen_ts")),
          lastSeenIp: text(at(device, "last_seen_ip")),
        },
      ];
    });
  }

  async renameDevice(deviceId: DeviceId, displayName: string): Promise<void> {
    await this.http.json({
      method: "PUT",
      path: route`/_matrix/client/v3/devices/${deviceId}`,
      body: { display_name: displayName },
    });
  }

  async deleteDevices(userId: UserId, deviceIds: readonly DeviceId[], password: string): Promise<void> {
    await this.#withPassword(userId, password, (auth) =>
      this.http.json({
        method: "POST",
        path: "/_matrix/client/v3/delete_devices",
        body: { devices: deviceIds, auth },
      }),
    );
  }

  /**
   * User-interactive authentication with the one stage we know, m.login.password: asks for a session,
   * then proves the password in it (client-server API, "User-Interactive Authentication API").
   */
  async #withPassword(userId: UserId, password: string, call: (auth: object | undefined) => Promise<unknown>): Promise<void> {
    const proof = { type: "m.login.password", identifier: { type: "m.id.user", user: userId }, password };
    try {
      await call(undefined);
    } catch (error) {
      if (!(error instanceof MatrixError) || error.status !== 401 || error.body["flows"] === undefined) throw error;
      const session = text(error.body["session"]);
      try {
        await call(session === null ? proof : { ...proof, session });
      } catch (second) {
        // A wrong password repeats the 401 with the flows, and an errcode that says so.
        if (second instanceof MatrixError && second.status === 401 && second.body["flows"] !== undefined) {
          throw new MatrixError({
            status: 403,
            errcode: text(second.body["errcode"]) ?? "M_FORBIDDEN",
            message: text(second.body["error"]) ?? "Wrong password",
            body: second.body,
          });
        }
        throw second;
      }
    }
  }
}
