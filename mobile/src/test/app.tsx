import type { Client, Platform } from "@team/core";
import { FakeServer, realTime } from "@team/core/test/fakeServer";
import { act, render, waitFor } from "@testing-library/react-native";
import { ExpoRoot } from "expo-router";
import { getMockContext } from "expo-router/testing-library";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Database } from "../platform/database";
import { Preferences } from "../platform/preferences";
import type { Secrets } from "../platform/secrets";
import { SqliteStore } from "../platform/sqliteStore";
import { VaultStore } from "../platform/vaultStore";
import { Pages } from "../shell/Pages";
import { Root } from "../shell/Root";
import { openServices, type Services } from "../shell/services";
import { openNodeSql, type NodeSql } from "./nodeSql";

export { FakeServer };
export const anna = "@anna:test";
export const ivan = "@ivan:test";

const ADDRESS = "http://fake";

/** A phone: its database and keychain outlive the app. */
export class TestPhone {
  readonly #folder = mkdtempSync(path.join(tmpdir(), "team-phone-"));
  readonly #keychain = new Map<string, string>();
  readonly secrets: Secrets = {
    get: async (name) => this.#keychain.get(name) ?? null,
    set: async (name, value) => void this.#keychain.set(name, value),
    remove: async (name) => void this.#keychain.delete(name),
  };

  constructor() {
    phones.push(this);
  }

  connect(): NodeSql {
    return openNodeSql(path.join(this.#folder, "app.db"));
  }

  throwAway(): void {
    rmSync(this.#folder, { recursive: true });
  }
}

/** Of a process: once it is over, nothing that it asked for is answered, and none of its timers rings. */
class Life {
  readonly #timers = new Set<() => void>();
  over = false;

  lend<T>(work: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.over) return;
      work().then(
        (value) => this.over || resolve(value),
        (error: unknown) => this.over || reject(error),
      );
    });
  }

  readonly setTimer: Platform["setTimer"] = (ms, run) => {
    if (this.over) return () => undefined;
    const cancel = realTime.setTimer(ms, () => {
      this.#timers.delete(cancel);
      run();
    });
    this.#timers.add(cancel);
    return () => {
      this.#timers.delete(cancel);
      cancel();
    };
  };

  end(): void {
    this.over = true;
    for (const cancel of this.#timers) cancel();
  }
}

interface Opened {
  readonly client: Client | null;
  readonly services: Services;
  /** As when the system ends the app without a word: from now on it writes and sends nothing. */
  readonly kill: () => void;
}

interface Options {
  readonly phone?: TestPhone;
  /** Who has signed in on this phone before; null: nobody, or whoever is in its database. */
  readonly userId?: string | null;
  readonly url?: string;
  readonly platform?: Partial<Platform>;
}

process.env["EXPO_ROUTER_IMPORT_MODE"] = "sync";

/** What ends with the test. */
const running: (() => void)[] = [];
const phones: TestPhone[] = [];

/** The whole app before a server in memory, over a real database. */
export async function openApp(server: FakeServer, { phone = new TestPhone(), userId = anna, url = "/", platform }: Options = {}): Promise<Opened> {
  if (userId !== null) await signInBefore(server, phone, userId);
  const life = new Life();
  const sql = phone.connect();
  const services = await openServices({
    sql: {
      exec: (source) => life.lend(() => sql.exec(source)),
      run: (source, parameters) => life.lend(() => sql.run(source, parameters)),
      all: (source, parameters) => life.lend(() => sql.all(source, parameters)),
      close: () => life.lend(() => sql.close()),
    },
    secrets: phone.secrets,
    fetch: (address, request) => life.lend(() => server.fetch(address, request)),
    platform: { ...realTime, setTimer: life.setTimer, ...platform },
  });
  const client = services.connection.getSnapshot();
  const Layout = () => (
    <Root services={services}>
      <Pages />
    </Root>
  );
  // Not by renderRouter, which stops the clock.
  const view = render(<ExpoRoot context={getMockContext({ appDir: "src/app", overrides: { _layout: Layout } })} location={url} />);
  const kill = (): void => {
    if (life.over) return;
    life.end();
    view.unmount();
    // Undoes what was not committed.
    sql.cut();
  };
  running.push(kill);
  if (client !== null && !server.offline) await waitFor(() => expect(client.sync.state.getSnapshot().kind).toBe("live"));
  return { client, services, kill };
}

async function signInBefore(server: FakeServer, phone: TestPhone, userId: string): Promise<void> {
  const database = await Database.open(phone.connect());
  const store = new VaultStore(new SqliteStore(database), phone.secrets);
  server.client(userId, { store });
  expect(await store.get("session", "current")).toMatchObject({ userId });
  await (await Preferences.load(database)).change({ server: ADDRESS });
  await database.close();
}

/**
 * Does something after which the app draws anew. Look for what is touched before: within, React keeps back some of what it
 * would draw until `work` has ended, and what has not been drawn yet is not found.
 */
export async function happens(work: () => void | Promise<void>): Promise<void> {
  await act(async () => work());
}

/** Waits until nothing is found any more. `toBeNull` would print the element with all that it hangs on, at every look. */
export async function gone(find: () => unknown): Promise<void> {
  await waitFor(() => {
    if (find() !== null) throw new Error("It is still on the screen");
  });
}

afterEach(() => {
  for (const kill of running.splice(0)) kill();
  for (const phone of phones.splice(0)) phone.throwAway();
});
