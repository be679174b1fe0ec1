import type { Account } from "../harness/person.ts";

type Json = Record<string, unknown>;

/** Somebody who works from elsewhere, by the API: what they do is there when the phone looks. */
export class Service {
  readonly userId: string;
  private readonly address: string;
  private readonly token: string;

  private constructor(address: string, token: string, userId: string) {
    this.address = address;
    this.token = token;
    this.userId = userId;
  }

  static async signIn(address: string, account: Account): Promise<Service> {
    const body = { type: "m.login.password", identifier: { type: "m.id.user", user: account.user }, password: account.password };
    const nobody = new Service(address, "", "");
    const { access_token: token, user_id: userId } = await nobody.call("POST", "/_matrix/client/v3/login", body);
    return new Service(address, String(token), String(userId));
  }

  /** The answer of a request that must succeed. */
  async call(method: string, path: string, body?: Json): Promise<Json> {
    const headers: Record<string, string> = { "Content-Type": "application/json" };
    if (this.token !== "") headers["Authorization"] = `Bearer ${this.token}`;
    const answer = await fetch(this.address + path, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return JSON.parse(text) as Json;
  }

  /** A room for tasks with these people in it. */
  async newRoom(name: string, others: readonly Service[]): Promise<string> {
    const { room_id: roomId } = await this.call("POST", "/_matrix/client/v3/createRoom", { name, preset: "private_chat", invite: others.map(({ userId }) => userId) });
    const room = encodeURIComponent(String(roomId));
    for (const other of others) await other.call("POST", `/_matrix/client/v3/rooms/${room}/join`, {});
    await this.call("PUT", `/v1/rooms/${room}/tasks-config`, {});
    return String(roomId);
  }

  async setStatus(title: string, status: string): Promise<void> {
    const { id } = await this.task(title);
    await this.call("PUT", `/v1/tasks/${String(id)}`, { status });
  }

  async task(title: string): Promise<Json> {
    const found = await this.call("GET", `/v1/tasks?q=${encodeURIComponent(title)}`);
    const task = (found["data"] as Json[]).find((each) => each["title"] === title);
    if (task === undefined) throw new Error(`There is no task “${title}”`);
    return task;
  }

  async comments(title: string): Promise<Json[]> {
    const { id } = await this.task(title);
    return (await this.call("GET", `/v1/tasks/${String(id)}/comments`))["data"] as Json[];
  }
}
