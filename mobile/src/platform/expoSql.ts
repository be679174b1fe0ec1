import { openDatabaseAsync } from "expo-sqlite";
import type { Sql } from "./database";

/** The phone's own SQLite; in a browser, SQLite as WebAssembly over the origin's private files. */
export async function openExpoSql(name: string): Promise<Sql> {
  const database = await openDatabaseAsync(name);
  return {
    exec: (source) => database.execAsync(source),
    run: async (source, parameters) => {
      await database.runAsync(source, [...parameters]);
    },
    all: (source, parameters) => database.getAllAsync(source, [...parameters]),
    close: () => database.closeAsync(),
  };
}
