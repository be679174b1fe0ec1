import type { Observable } from "@team/core";
import type { Database } from "./database";

/** What this phone remembers, whoever is signed in. */
export interface PreferenceValues {
  /** Address of the homeserver that was signed in to last; "" when there was none. */
  readonly server: string;
  readonly theme: "system" | "light" | "dark";
  readonly language: "system" | "en" | "ru";
}

const DEFAULTS: PreferenceValues = { server: "", theme: "system", language: "system" };
const ALLOWED: { readonly [Name in keyof PreferenceValues]?: readonly string[] } = {
  theme: ["system", "light", "dark"],
  language: ["system", "en", "ru"],
};

export class Preferences implements Observable<PreferenceValues> {
  readonly #listeners = new Set<() => void>();

  private constructor(
    private readonly database: Database,
    private values: PreferenceValues,
  ) {}

  static async load(database: Database): Promise<Preferences> {
    const rows = await database.all<{ name: string; value: string }>("SELECT name, value FROM preferences", []);
    const known = rows.filter(({ name, value }) => {
      const allowed = ALLOWED[name as keyof PreferenceValues];
      return name in DEFAULTS && (allowed === undefined || allowed.includes(value));
    });
    return new Preferences(database, { ...DEFAULTS, ...Object.fromEntries(known.map(({ name, value }) => [name, value])) });
  }

  readonly getSnapshot = (): PreferenceValues => this.values;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  async change(change: Partial<PreferenceValues>): Promise<void> {
    this.values = { ...this.values, ...change };
    for (const listener of [...this.#listeners]) listener();
    const source = "INSERT INTO preferences (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    await this.database.write(Object.entries(change).map(([name, value]) => ({ source, parameters: [name, value] })));
  }
}
