import { MemoryStore, STORE_TABLES, type Client, type ClientOptions, type Store, type Timeline, type TimelineItem } from "../src/index";
import { TestClock, until } from "./clock";
import { FakeServer } from "./fakeServer";

export const anna = "@anna:test";
export const ivan = "@ivan:test";
export const olga = "@olga:test";

/** A server, a clock that both sides share, and clients on them. */
export class Scene {
  readonly clock = new TestClock();
  readonly server = new FakeServer(this.clock.now);
  readonly #clients: Client[] = [];

  /** A signed-in client, in step with the server. */
  async client(userId: string, store: Store = new MemoryStore(), options: Partial<ClientOptions> = {}): Promise<Client> {
    return this.run(this.server.client(userId, { store, platform: this.clock, now: this.clock.now, ...options }));
  }

  /** A client over what is in a store: the app started again. */
  open(store: Store, options: Partial<ClientOptions> = {}): Client {
    const client = this.server.open(store, { platform: this.clock, now: this.clock.now, ...options });
    this.#clients.push(client);
    return client;
  }

  async reopen(store: Store): Promise<Client> {
    return this.run(this.open(store));
  }

  async run(client: Client): Promise<Client> {
    this.#clients.push(client);
    await client.start();
    if (client.session.state.getSnapshot().kind === "signedIn" && !this.server.offline) await live(client);
    return client;
  }

  async end(): Promise<void> {
    this.server.offline = true;
    await Promise.all(this.#clients.map((client) => client.stop()));
  }
}

export function live(client: Client): Promise<void> {
  return until(() => client.sync.state.getSnapshot().kind === "live", "a sync answer");
}

/**
 * A store as a kill would leave it: what was committed before, and nothing after. The old client may go
 * on writing, into its own copy.
 */
export async function copyOf(store: MemoryStore): Promise<MemoryStore> {
  const copy = new MemoryStore();
  for (const table of STORE_TABLES) {
    const rows = await store.range(table);
    await copy.commit(rows.map(({ key, value }) => ({ op: "put", table, key, value })));
  }
  return copy;
}

/** Keeps a timeline open, and reads it. */
export function watch(timeline: Timeline): () => readonly TimelineItem[] {
  timeline.subscribe(() => undefined);
  return () => timeline.getSnapshot().items;
}

/** "kind: text" of each message. */
export function told(items: readonly TimelineItem[]): string[] {
  return items.flatMap((item) => {
    if (item.kind === "redacted") return ["redacted"];
    return "content" in item && "body" in item.content ? [`${item.kind}: ${item.content.body ?? ""}`] : [];
  });
}
