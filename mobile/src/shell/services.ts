import type { Fetch, Platform } from "@team/core";
import { Connection } from "../platform/connection";
import { Database, type Sql } from "../platform/database";
import { Preferences } from "../platform/preferences";
import type { Secrets } from "../platform/secrets";
import { SqliteStore } from "../platform/sqliteStore";
import { VaultStore } from "../platform/vaultStore";

export interface Services {
  readonly preferences: Preferences;
  readonly connection: Connection;
}

/** What the phone lends to the app. */
export interface Phone {
  readonly sql: Sql;
  readonly secrets: Secrets;
  readonly fetch: Fetch;
  readonly platform: Platform;
}

/** Opens what is on this phone, and goes on where the app was left. */
export async function openServices({ sql, secrets, fetch, platform }: Phone): Promise<Services> {
  const database = await Database.open(sql);
  const preferences = await Preferences.load(database);
  const store = new VaultStore(new SqliteStore(database), secrets);
  const connection = new Connection({ store, preferences, fetch, platform });
  await connection.start();
  return { preferences, connection };
}
