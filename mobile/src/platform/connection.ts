import { createClient, type Client, type Fetch, type Observable, type Platform, type Store } from "@team/core";
import type { Preferences } from "./preferences";

export interface ConnectionParts {
  readonly store: Store;
  readonly preferences: Preferences;
  readonly fetch: Fetch;
  readonly platform: Platform;
}

/** Core's client for the server that was chosen. Another server means another client over the same store. */
export class Connection implements Observable<Client | null> {
  readonly #listeners = new Set<() => void>();
  #client: Client | null = null;
  #server = "";

  constructor(private readonly parts: ConnectionParts) {}

  /** Goes on with the server of the last time; nothing without one. */
  async start(): Promise<void> {
    const { server } = this.parts.preferences.getSnapshot();
    if (server !== "") await this.open(server);
  }

  /** The started client of this server. */
  async open(server: string): Promise<Client> {
    if (this.#client !== null && this.#server === server) return this.#client;
    const previous = this.#client;
    const { store, fetch, platform, preferences } = this.parts;
    const client = createClient({ baseUrl: server, store, fetch, platform });
    await previous?.stop();
    await client.start();
    this.#client = client;
    this.#server = server;
    await preferences.change({ server });
    for (const listener of [...this.#listeners]) listener();
    return client;
  }

  readonly getSnapshot = (): Client | null => this.#client;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };
}
