import { MatrixError } from "./errors";
import { route, type HttpClient } from "./http";
import type { Content } from "./wire";
import type { RoomId, UserId } from "../ids";

/** What the server keeps for one user alone: account data, tags, push rules. */
export class UserDataApi {
  constructor(private readonly http: HttpClient) {}

  async setAccountData(userId: UserId, type: string, content: Content): Promise<void> {
    await this.http.json({
      method: "PUT",
      path: route`/_matrix/client/v3/user/${userId}/account_data/${type}`,
      body: content,
    });
  }

  async setRoomAccountData(userId: UserId, roomId: RoomId, type: string, content: Content): Promise<void> {
    await this.http.json({
      method: "PUT",
      path: route`/_matrix/client/v3/user/${userId}/rooms/${roomId}/account_data/${type}`,
      body: content,
    });
  }

  async setTag(userId: UserId, roomId: RoomId, tag: string, order: number | null): Promise<void> {
    await this.http.json({
      method: "PUT",
      path: route`/_matrix/client/v3/user/${userId}/rooms/${roomId}/tags/${tag}`,
      body: order === null ? {} : { order },
    });
  }

  async deleteTag(userId: UserId, roomId: RoomId, tag: string): Promise<void> {
    await this.http.json({
      method: "DELETE",
      path: route`/_matrix/client/v3/user/${userId}/rooms/${roomId}/tags/${tag}`,
    });
  }

  async setPushRule(kind: "override" | "room", ruleId: string, rule: Content): Promise<void> {
    await this.http.json({ method: "PUT", path: route`/_matrix/client/v3/pushrules/global/${kind}/${ruleId}`, body: rule });
  }

  /** A rule that is not there is no error. */
  async deletePushRule(kind: "override" | "room", ruleId: string): Promise<void> {
    try {
      await this.http.json({ method: "DELETE", path: route`/_matrix/client/v3/pushrules/global/${kind}/${ruleId}` });
    } catch (error) {
      if (!(error instanceof MatrixError) || error.status !== 404) throw error;
    }
  }
}
