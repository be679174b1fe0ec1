import { syncAnswer } from "./fakeSync";
import type { Call } from "./fakeServer";

export type Content = Record<string, unknown>;

export interface FakeEvent {
  event_id: string;
  type: string;
  sender: string;
  origin_server_ts: number;
  content: Content;
  state_key?: string;
  room_id: string;
  unsigned?: Content;
  /** Order of everything that happens on this server. */
  readonly position: number;
  /** The device and transaction that sent it. */
  readonly sentBy?: { readonly device: string; readonly txn: string };
}

export interface FakeRoom {
  readonly roomId: string;
  readonly events: FakeEvent[];
  readonly receipts: Map<string, Map<string, { eventId: string; ts: number; position: number }>>;
  typing: { users: string[]; position: number };
}

export interface FakeUser {
  readonly userId: string;
  password: string;
  displayName: string | null;
  avatar: string | null;
  admin: boolean;
  active: boolean;
  mustChangePassword: boolean;
  /** room id or "" + type -> content */
  readonly accountData: Map<string, { roomId: string; type: string; content: Content; position: number }>;
}

interface Device {
  readonly deviceId: string;
  readonly user: FakeUser;
  accessToken: string;
  refreshToken: string | null;
  expiresAt: number | null;
}

export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly body: Content,
  ) {
    super(String(body["errcode"]));
  }
}

export function refuse(status: number, errcode: string, extra: Content = {}): never {
  throw new Refusal(status, { errcode, error: errcode, ...extra });
}

type Handler = (match: string[], call: Call, device: Device, query: URLSearchParams, signal: AbortSignal | undefined) => unknown;

/** The state of the fake: people, devices, rooms, and what each request does to them. */
export class FakeHomeserver {
  readonly users = new Map<string, FakeUser>();
  readonly rooms = new Map<string, FakeRoom>();
  readonly media = new Map<string, Blob>();
  readonly welcomes = new Map<string, string>();
  /** Milliseconds that tokens with a refresh token live. */
  tokenLifetime = 900_000;
  /** Who decides about tasks; null: nobody. */
  authority: string | null = null;
  position = 0;
  readonly #devices: Device[] = [];
  readonly #transactions = new Map<string, string>();
  #waiters: (() => void)[] = [];
  #counter = 0;

  constructor(readonly now: () => number) {}

  // --- What tests do ---------------------------------------------------------------------------

  user(userId: string): FakeUser {
    let user = this.users.get(userId);
    if (user === undefined) {
      const name = userId.slice(1, userId.indexOf(":"));
      user = {
        userId,
        password: "secret",
        displayName: name.charAt(0).toUpperCase() + name.slice(1),
        avatar: null,
        admin: false,
        active: true,
        mustChangePassword: false,
        accountData: new Map(),
      };
      this.users.set(userId, user);
    }
    return user;
  }

  /** A room with these members, joined in this order; the first one created it. */
  room(members: readonly string[], options: { readonly name?: string; readonly id?: string } = {}): FakeRoom {
    const creator = members[0] ?? "@anna:test";
    const room: FakeRoom = {
      roomId: options.id ?? `!room${++this.#counter}:test`,
      events: [],
      receipts: new Map(),
      typing: { users: [], position: 0 },
    };
    this.rooms.set(room.roomId, room);
    this.append(room, creator, "m.room.create", { room_version: "11" }, "");
    for (const member of members) this.member(room, member, "join");
    this.append(room, creator, "m.room.power_levels", { users: { [creator]: 100 } }, "");
    if (options.name !== undefined) this.append(room, creator, "m.room.name", { name: options.name }, "");
    return room;
  }

  member(room: FakeRoom, userId: string, membership: string, sender = userId): FakeEvent {
    const { displayName, avatar } = this.user(userId);
    const content: Content = { membership, displayname: displayName };
    if (avatar !== null) content["avatar_url"] = avatar;
    return this.append(room, sender, "m.room.member", content, userId);
  }

  say(room: FakeRoom, sender: string, body: string, more: Content = {}): FakeEvent {
    return this.append(room, sender, "m.room.message", { msgtype: "m.text", body, ...more });
  }

  append(room: FakeRoom, sender: string, type: string, content: Content, stateKey?: string, sentBy?: FakeEvent["sentBy"]): FakeEvent {
    const event: FakeEvent = {
      event_id: `$${++this.#counter}`,
      type,
      sender,
      origin_server_ts: this.now(),
      content,
      room_id: room.roomId,
      position: ++this.position,
      ...(stateKey === undefined ? {} : { state_key: stateKey }),
      ...(sentBy === undefined ? {} : { sentBy }),
    };
    const before = stateKey === undefined ? undefined : this.state(room).get(`${type} ${stateKey}`);
    if (before !== undefined) event.unsigned = { prev_content: before.content };
    room.events.push(event);
    if (type === "m.room.redaction") this.#redact(room, String(content["redacts"]), event);
    this.wake();
    return event;
  }

  state(room: FakeRoom, upTo = Number.POSITIVE_INFINITY): Map<string, FakeEvent> {
    const state = new Map<string, FakeEvent>();
    for (const event of room.events) {
      if (event.state_key !== undefined && event.position <= upTo) state.set(`${event.type} ${event.state_key}`, event);
    }
    return state;
  }

  membership(room: FakeRoom, userId: string, upTo?: number): string {
    return String(this.state(room, upTo).get(`m.room.member ${userId}`)?.content["membership"] ?? "leave");
  }

  receipt(room: FakeRoom, userId: string, eventId: string, thread = ""): void {
    const own = room.receipts.get(userId) ?? new Map<string, { eventId: string; ts: number; position: number }>();
    own.set(thread, { eventId, ts: this.now(), position: ++this.position });
    room.receipts.set(userId, own);
    this.wake();
  }

  typing(room: FakeRoom, users: string[]): void {
    room.typing = { users, position: ++this.position };
    this.wake();
  }

  setAccountData(userId: string, roomId: string, type: string, content: Content): void {
    this.user(userId).accountData.set(`${roomId} ${type}`, { roomId, type, content, position: ++this.position });
    this.wake();
  }

  /** Ends all tokens now; `soft` as if they had expired. */
  expireTokens(): void {
    for (const device of this.#devices) device.expiresAt = this.now() - 1;
  }

  revokeAll(userId: string): void {
    for (const device of this.#devices) if (device.user.userId === userId) this.#remove(device);
  }

  login(user: FakeUser, deviceId: string | null, refresh: boolean): Content & { access_token: string; device_id: string } {
    const device: Device = {
      deviceId: deviceId ?? `DEVICE${++this.#counter}`,
      user,
      accessToken: `access${++this.#counter}`,
      refreshToken: refresh ? `refresh${++this.#counter}` : null,
      expiresAt: refresh ? this.now() + this.tokenLifetime : null,
    };
    this.#remove(this.#devices.find((each) => each.deviceId === device.deviceId));
    this.#devices.push(device);
    return {
      user_id: user.userId,
      device_id: device.deviceId,
      access_token: device.accessToken,
      ...(refresh ? { refresh_token: device.refreshToken, expires_in_ms: this.tokenLifetime } : {}),
      ...(user.mustChangePassword ? { "org.teammessenger.must_change_password": true } : {}),
    };
  }

  /** Whose token it is; null for one that is not good. */
  owner(token: string | null): string | null {
    const device = this.#devices.find((each) => each.accessToken === token);
    return device === undefined || (device.expiresAt !== null && device.expiresAt <= this.now()) ? null : device.user.userId;
  }

  wake(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const waiter of waiters) waiter();
  }

  // --- Requests --------------------------------------------------------------------------------

  async handle(call: Call, signal: AbortSignal | undefined): Promise<unknown> {
    const [path = "", search = ""] = call.path.split("?");
    for (const [pattern, handler, open] of this.#routes) {
      const match = pattern.exec(`${call.method} ${path}`);
      if (match === null) continue;
      const device = open ? (undefined as unknown as Device) : this.#authorize(call.token);
      return handler(match.slice(1).map(decodeURIComponent), call, device, new URLSearchParams(search), signal);
    }
    return refuse(404, "M_UNRECOGNIZED");
  }

  #authorize(token: string | null): Device {
    if (token === null) return refuse(401, "M_MISSING_TOKEN");
    const device = this.#devices.find((each) => each.accessToken === token);
    if (device === undefined) return refuse(401, "M_UNKNOWN_TOKEN");
    if (device.expiresAt !== null && device.expiresAt <= this.now()) return refuse(401, "M_UNKNOWN_TOKEN", { soft_logout: true });
    return device;
  }

  #room(roomId: string | undefined): FakeRoom {
    return this.rooms.get(roomId ?? "") ?? refuse(403, "M_FORBIDDEN");
  }

  #remove(device: Device | undefined): void {
    const at = device === undefined ? -1 : this.#devices.indexOf(device);
    if (at >= 0) this.#devices.splice(at, 1);
  }

  #redact(room: FakeRoom, target: string, because: FakeEvent): void {
    const i = room.events.findIndex((event) => event.event_id === target);
    const event = room.events[i];
    if (event !== undefined) room.events[i] = { ...event, content: {}, unsigned: { redacted_because: because } };
  }

  /** Runs `make` unless this device used the transaction id for this path before. */
  #once(device: Device, call: Call, make: () => string): Content {
    const key = `${device.deviceId} ${call.path}`;
    const eventId = this.#transactions.get(key) ?? make();
    this.#transactions.set(key, eventId);
    return { event_id: eventId };
  }

  #passwordStage(call: Call, device: Device): void {
    const auth = (call.body as Content)["auth"] as Content | undefined;
    const flows = { flows: [{ stages: ["m.login.password"] }], params: {}, session: "uia" };
    if (auth === undefined) throw new Refusal(401, flows);
    if (auth["password"] !== device.user.password) {
      throw new Refusal(401, { ...flows, errcode: "M_FORBIDDEN", error: "Invalid password" });
    }
  }

  clientEvent(event: FakeEvent, device: { deviceId: string } | null): Content {
    const { sentBy } = event;
    const visible: Content = Object.fromEntries(Object.entries(event).filter(([key]) => key !== "position" && key !== "sentBy"));
    if (sentBy === undefined || sentBy.device !== device?.deviceId) return visible;
    return { ...visible, unsigned: { ...event.unsigned, transaction_id: sentBy.txn } };
  }

  async #sync(device: Device, query: URLSearchParams, signal: AbortSignal | undefined): Promise<unknown> {
    const since = query.get("since");
    for (;;) {
      const answer = syncAnswer(this, device, since === null ? null : Number(since));
      if (since === null || answer.news || query.get("timeout") === "0") return answer.body;
      await new Promise<void>((resolve, reject) => {
        this.#waiters.push(resolve);
        signal?.addEventListener("abort", () => reject(new Error("aborted")));
      });
      this.#authorize(device.accessToken);
    }
  }

  readonly #routes: readonly (readonly [RegExp, Handler, boolean?])[] = [
    [/^POST \/_matrix\/client\/v3\/login$/, (_, { body }) => {
      const { identifier, password, device_id: deviceId, refresh_token: refresh } = body as Content;
      const name = String((identifier as Content)["user"]);
      const user = this.users.get(name.startsWith("@") ? name : `@${name}:test`);
      if (user === undefined || user.password !== password) return refuse(403, "M_FORBIDDEN");
      return this.login(user, typeof deviceId === "string" ? deviceId : null, refresh === true);
    }, true],
    [/^POST \/_matrix\/client\/v3\/refresh$/, (_, { body }) => {
      const device = this.#devices.find((each) => each.refreshToken === (body as Content)["refresh_token"]);
      if (device === undefined) return refuse(401, "M_UNKNOWN_TOKEN");
      device.accessToken = `access${++this.#counter}`;
      device.refreshToken = `refresh${++this.#counter}`;
      device.expiresAt = this.now() + this.tokenLifetime;
      return { access_token: device.accessToken, refresh_token: device.refreshToken, expires_in_ms: this.tokenLifetime };
    }, true],
    [/^POST \/_matrix\/client\/v3\/logout(\/all)?$/, (_, __, device) => {
      this.#remove(device);
      return {};
    }],
    [/^GET \/_teammessenger\/client\/v1\/welcome\/([^/]+)$/, ([token]) => {
      const userId = this.welcomes.get(token ?? "");
      if (userId === undefined) return refuse(404, "M_NOT_FOUND");
      return { user_id: userId, display_name: this.user(userId).displayName, server_name: "test" };
    }, true],
    [/^POST \/_teammessenger\/client\/v1\/welcome\/([^/]+)$/, ([token], { body }) => {
      const userId = this.welcomes.get(token ?? "");
      if (userId === undefined) return refuse(404, "M_NOT_FOUND");
      this.welcomes.delete(token ?? "");
      this.user(userId).password = String((body as Content)["password"]);
      return this.login(this.user(userId), null, true);
    }, true],
    [/^POST \/_matrix\/client\/v3\/account\/password$/, (_, call, device) => {
      this.#passwordStage(call, device);
      device.user.password = String((call.body as Content)["new_password"]);
      device.user.mustChangePassword = false;
      return {};
    }],
    [/^POST \/_matrix\/client\/v3\/delete_devices$/, (_, call, device) => {
      this.#passwordStage(call, device);
      return {};
    }],
    [/^GET \/_matrix\/client\/v3\/devices$/, (_, __, device) => ({
      devices: this.#devices.filter((each) => each.user === device.user).map((each) => ({ device_id: each.deviceId })),
    })],
    [/^GET \/_matrix\/client\/v3\/capabilities$/, (_, __, device) => {
      if (device.user.mustChangePassword) return refuse(403, "ORG.TEAMMESSENGER.PASSWORD_CHANGE_REQUIRED");
      const tasks = this.authority === null ? {} : { "org.teammessenger.tasks": { authority: this.authority } };
      return { capabilities: { "org.teammessenger.account": { admin: device.user.admin }, ...tasks } };
    }],
    [/^GET \/_matrix\/client\/v3\/profile\/([^/]+)$/, ([userId]) => {
      const user = this.users.get(userId ?? "");
      return user === undefined ? refuse(404, "M_NOT_FOUND") : { displayname: user.displayName, avatar_url: user.avatar };
    }],
    [/^PUT \/_matrix\/client\/v3\/profile\/([^/]+)\/displayname$/, (_, { body }, device) => {
      device.user.displayName = String((body as Content)["displayname"]);
      return {};
    }],
    [/^POST \/_matrix\/client\/v3\/user\/[^/]+\/filter$/, () => ({ filter_id: "1" })],
    [/^GET \/_matrix\/client\/v3\/sync$/, (_, __, device, query, signal) => this.#sync(device, query, signal)],
    [/^PUT \/_matrix\/client\/v3\/user\/([^/]+)\/account_data\/([^/]+)$/, ([userId = "", type = ""], { body }) => {
      this.setAccountData(userId, "", type, body as Content);
      return {};
    }],
    [/^PUT \/_matrix\/client\/v3\/user\/([^/]+)\/rooms\/([^/]+)\/account_data\/([^/]+)$/, ([userId = "", roomId = "", type = ""], { body }) => {
      this.setAccountData(userId, roomId, type, body as Content);
      return {};
    }],
    [/^POST \/_matrix\/client\/v3\/createRoom$/, (_, { body }, device) => {
      const { name, invite } = body as { name?: string; invite?: string[] };
      const room = this.room([device.user.userId], name === undefined ? {} : { name });
      for (const userId of invite ?? []) this.member(room, userId, "invite", device.user.userId);
      return { room_id: room.roomId };
    }],
    [/^POST \/_matrix\/client\/v3\/join\/([^/]+)$/, ([roomId], _, device) => {
      this.member(this.#room(roomId), device.user.userId, "join");
      return { room_id: roomId };
    }],
    [/^POST \/_matrix\/client\/v3\/rooms\/([^/]+)\/(leave|forget|invite|kick|ban|unban)$/, ([roomId, action], { body }, device) => {
      const room = this.#room(roomId);
      const target = String((body as Content)["user_id"] ?? device.user.userId);
      const to: Record<string, string> = { leave: "leave", invite: "invite", kick: "leave", ban: "ban", unban: "leave" };
      const membership = to[action ?? ""];
      if (membership !== undefined) this.member(room, target, membership, device.user.userId);
      return {};
    }],
    [/^PUT \/_matrix\/client\/v3\/rooms\/([^/]+)\/send\/([^/]+)\/([^/]+)$/, ([roomId, type = "", txn = ""], call, device) => {
      const room = this.#room(roomId);
      if (this.membership(room, device.user.userId) !== "join") return refuse(403, "M_FORBIDDEN");
      const sentBy = { device: device.deviceId, txn };
      return this.#once(device, call, () => this.append(room, device.user.userId, type, call.body as Content, undefined, sentBy).event_id);
    }],
    [/^PUT \/_matrix\/client\/v3\/rooms\/([^/]+)\/redact\/([^/]+)\/([^/]+)$/, ([roomId, target = "", txn = ""], call, device) => {
      const content = { ...(call.body as Content), redacts: target };
      const sentBy = { device: device.deviceId, txn };
      return this.#once(device, call, () =>
        this.append(this.#room(roomId), device.user.userId, "m.room.redaction", content, undefined, sentBy).event_id,
      );
    }],
    [/^PUT \/_matrix\/client\/v3\/rooms\/([^/]+)\/state\/([^/]+)\/([^/]*)$/, ([roomId, type = "", key = ""], { body }, device) => ({
      event_id: this.append(this.#room(roomId), device.user.userId, type, body as Content, key).event_id,
    })],
    [/^GET \/_matrix\/client\/v3\/rooms\/([^/]+)\/state\/([^/]+)\/([^/]*)$/, ([roomId, type = "", key = ""]) =>
      this.state(this.#room(roomId)).get(`${type} ${key}`)?.content ?? refuse(404, "M_NOT_FOUND"),
    ],
    [/^GET \/_matrix\/client\/v3\/rooms\/([^/]+)\/messages$/, ([roomId], _, device, query) => {
      const { events } = this.#room(roomId);
      const end = Number((query.get("from") ?? "").slice(1));
      const start = Math.max(0, end - Number(query.get("limit") ?? 10));
      const chunk = events.slice(start, end).reverse().map((event) => this.clientEvent(event, device));
      return { chunk, start: `t${end}`, ...(start > 0 ? { end: `t${start}` } : {}) };
    }],
    [/^GET \/_matrix\/client\/v3\/rooms\/([^/]+)\/event\/([^/]+)$/, ([roomId, eventId], _, device) => {
      const event = this.#room(roomId).events.find((each) => each.event_id === eventId);
      return event === undefined ? refuse(404, "M_NOT_FOUND") : this.clientEvent(event, device);
    }],
    [/^GET \/_matrix\/client\/v3\/rooms\/([^/]+)\/members$/, ([roomId], _, device) => ({
      chunk: [...this.state(this.#room(roomId)).values()].filter((event) => event.type === "m.room.member").map((event) => this.clientEvent(event, device)),
    })],
    [/^GET \/_matrix\/client\/v1\/rooms\/([^/]+)\/relations\/([^/]+)\/m\.thread$/, ([roomId, root], _, device, query) => {
      const { events } = this.#room(roomId);
      const relates = (event: FakeEvent): Content => (event.content["m.relates_to"] ?? {}) as Content;
      const replies = events.filter((event) => relates(event)["rel_type"] === "m.thread" && relates(event)["event_id"] === root);
      const ids = new Set(replies.map((event) => event.event_id));
      const all = events.filter((event) => ids.has(event.event_id) || ids.has(String(relates(event)["event_id"])));
      const end = query.get("from") === null ? all.length : Number(query.get("from"));
      const start = Math.max(0, end - Number(query.get("limit") ?? 50));
      const chunk = all.slice(start, end).reverse().map((event) => this.clientEvent(event, device));
      return { chunk, ...(start > 0 ? { next_batch: String(start) } : {}) };
    }],
    [/^GET \/_matrix\/client\/v1\/rooms\/([^/]+)\/relations\/([^/]+)$/, ([roomId, target], _, device) => ({
      chunk: this.#room(roomId)
        .events.filter((event) => (event.content["m.relates_to"] as Content | undefined)?.["event_id"] === target)
        .map((event) => this.clientEvent(event, device))
        .reverse(),
    })],
    [/^POST \/_matrix\/client\/v3\/rooms\/([^/]+)\/receipt\/([^/]+)\/([^/]+)$/, ([roomId, , eventId = ""], { body }, device) => {
      this.receipt(this.#room(roomId), device.user.userId, eventId, String((body as Content)["thread_id"] ?? ""));
      return {};
    }],
    [/^POST \/_matrix\/client\/v3\/rooms\/([^/]+)\/read_markers$/, ([roomId = ""], { body }, device) => {
      this.setAccountData(device.user.userId, roomId, "m.fully_read", { event_id: (body as Content)["m.fully_read"] });
      return {};
    }],
    [/^PUT \/_matrix\/client\/v3\/rooms\/([^/]+)\/typing\/([^/]+)$/, ([roomId, userId = ""], { body }) => {
      const room = this.#room(roomId);
      const others = room.typing.users.filter((each) => each !== userId);
      this.typing(room, (body as Content)["typing"] === true ? [...others, userId] : others);
      return {};
    }],
    [/^POST \/_matrix\/media\/v3\/upload$/, (_, { body }) => {
      const id = `media${++this.#counter}`;
      this.media.set(id, body as Blob);
      return { content_uri: `mxc://test/${id}` };
    }],
    [/^GET \/_matrix\/client\/v1\/media\/(?:download|thumbnail)\/test\/([^/]+)$/, ([id]) => this.media.get(id ?? "") ?? refuse(404, "M_NOT_FOUND")],
    [/^GET \/_teammessenger\/admin\/v1\/users$/, (_, __, device) => {
      if (!device.user.admin) return refuse(403, "M_FORBIDDEN");
      const users = [...this.users.values()].map((user) => ({ user_id: user.userId, display_name: user.displayName, admin: user.admin, active: user.active }));
      return { users, total: users.length };
    }],
    [/^POST \/_teammessenger\/admin\/v1\/users$/, (_, { body }) => {
      const { localpart, display_name: name } = body as Content;
      const user = this.user(`@${String(localpart)}:test`);
      if (typeof name === "string") user.displayName = name;
      this.welcomes.set("welcome1", user.userId);
      return { user_id: user.userId, welcome_token: "welcome1", expires_ts: this.now() + 1000 };
    }],
  ];
}
