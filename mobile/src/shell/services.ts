import { Connection } from "../platform/connection";
import { Database } from "../platform/database";
import { openExpoSql } from "../platform/expoSql";
import { phoneFetch, phonePlatform } from "../platform/phonePlatform";
import { Preferences } from "../platform/preferences";
import { secrets } from "../platform/secrets";
import { SqliteStore } from "../platform/sqliteStore";
import { VaultStore } from "../platform/vaultStore";

export interface Services {
  readonly preferences: Preferences;
  readonly connection: Connection;
}

/** Opens what is on this phone, and goes on where the app was left. */
export async function openServices(): Promise<Services> {
  const database = await Database.open(await openExpoSql("team-messenger.db"));
  const preferences = await Preferences.load(database);
  const store = new VaultStore(new SqliteStore(database), secrets);
  const connection = new Connection({ store, preferences, fetch: phoneFetch, platform: phonePlatform() });
  await connection.start();
  return { preferences, connection };
}
