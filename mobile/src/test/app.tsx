import type { Client, Platform } from "@team/core";
import { FakeServer, realTime } from "@team/core/test/fakeServer";
import { act, render, waitFor } from "@testing-library/react-native";
import { ExpoRoot } from "expo-router";
import { getMockContext } from "expo-router/testing-library";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Database, type Parameters } from "../platform/database";
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

  /** What is on the disk, whoever wrote it. */
  async rows(): Promise<readonly unknown[]> {
    const sql = this.connect();
    const rows = await sql.all("SELECT part, key, value FROM entries", []);
    await sql.close();
    return rows;
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

interface ProcessOptions {
  readonly platform?: Partial<Platform>;
  /** True at the statement before which the system ends the app. */
  readonly dies?: (source: string, parameters: Parameters) => boolean;
}

interface Options extends ProcessOptions {
  readonly phone?: TestPhone;
  /** Who has signed in on this phone before; null: nobody, or whoever is in its database. */
  readonly userId?: string | null;
  readonly url?: string;
}

process.env["EXPO_ROUTER_IMPORT_MODE"] = "sync";

/** What ends with the test. */
const running: (() => void)[] = [];
const phones: TestPhone[] = [];

/** The app without its screens. */
export async function startProcess(server: FakeServer, phone: TestPhone, { platform, dies }: ProcessOptions = {}): Promise<Opened> {
  const life = new Life();
  const sql = phone.connect();
  const kill = (): void => {
    if (life.over) return;
    life.end();
    // Undoes what was not committed.
    sql.cut();
  };
  running.push(kill);
  const write = (source: string, parameters: Parameters, work: () => Promise<void>): Promise<void> => {
    if (dies?.(source, parameters) === true) kill();
    return life.lend(work);
  };
  const services = await openServices({
    sql: {
      exec: (source) => write(source, [], () => sql.exec(source)),
      run: (source, parameters) => write(source, parameters, () => sql.run(source, parameters)),
      all: (source, parameters) => life.lend(() => sql.all(source, parameters)),
      close: () => life.lend(() => sql.close()),
    },
    secrets: phone.secrets,
    fetch: (address, request) => life.lend(() => server.fetch(address, request)),
    platform: { ...realTime, setTimer: life.setTimer, ...platform },
  });
  return { client: services.connection.getSnapshot(), services, kill };
}

/** The whole app before a server in memory, over a real database. */
export async function openApp(server: FakeServer, { phone = new TestPhone(), userId = anna, url = "/", ...options }: Options = {}): Promise<Opened> {
  if (userId !== null) await signInBefore(server, phone, userId);
  const { client, services, kill: end } = await startProcess(server, phone, options);
  const Layout = () => (
    <Root services={services}>
      <Pages />
    </Root>
  );
  // Not by renderRouter, which stops the clock.
  const view = render(<ExpoRoot context={getMockContext({ appDir: "src/app", overrides: { _layout: Layout } })} location={url} />);
  let open = true;
  const kill = (): void => {
    end();
    if (open) view.unmount();
    open = false;
  };
  running.push(kill);
  if (client !== null && !server.offline) await waitFor(() => expect(client.sync.state.getSnapshot().kind).toBe("live"));
  return { client, services, kill };
}

/** Somebody has signed in on this phone, and the app was ended since. */
export async function signInBefore(server: FakeServer, phone: TestPhone, userId: string): Promise<void> {
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
