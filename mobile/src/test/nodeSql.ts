import type { DatabaseSync } from "node:sqlite";
import type { Sql } from "../platform/database";

export interface NodeSql extends Sql {
  /** The app that holds the connection is killed: what is not committed is undone, and nothing is written any more. */
  cut(): void;
}

/** SQLite of the machine that tests, in place of the phone's. A file's name, or ":memory:". */
export function openNodeSql(file = ":memory:"): NodeSql {
  const { DatabaseSync: Database } = process.getBuiltinModule("node:sqlite");
  const database: DatabaseSync = new Database(file);
  // As on a phone, every call ends some time later.
  const later = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  return {
    exec: async (source) => {
      await later();
      database.exec(source);
    },
    run: async (source, parameters) => {
      await later();
      database.prepare(source).run(...parameters);
    },
    all: async <Row>(source: string, parameters: readonly (string | number)[]) => {
      await later();
      return database.prepare(source).all(...parameters) as Row[];
    },
    close: async () => {
      await later();
      database.close();
    },
    cut: () => database.close(),
  };
}
