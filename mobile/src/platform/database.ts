import { Turns } from "./turns";

export type Parameters = readonly (string | number)[];

/** One SQL connection, as the phone or a test lends it. */
export interface Sql {
  /** Statements without parameters, in one call. */
  exec(source: string): Promise<void>;
  run(source: string, parameters: Parameters): Promise<void>;
  all<Row>(source: string, parameters: Parameters): Promise<Row[]>;
  close(): Promise<void>;
}

export interface Statement {
  readonly source: string;
  readonly parameters: Parameters;
}

/**
 * The app's database: values of core's tables in `entries`, and what the phone remembers whoever is signed in. There is
 * one connection, therefore one thing happens at a time: what reads never sees half of a transaction.
 */
const SCHEMA = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  CREATE TABLE IF NOT EXISTS entries (
    part TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (part, key)
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS preferences (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
`;

export class Database {
  readonly #turns = new Turns();

  private constructor(private readonly sql: Sql) {}

  static async open(sql: Sql): Promise<Database> {
    await sql.exec(SCHEMA);
    return new Database(sql);
  }

  all<Row>(source: string, parameters: Parameters): Promise<Row[]> {
    return this.#turns.take(() => this.sql.all<Row>(source, parameters));
  }

  /** All of them or none; resolves once they are durable. */
  write(statements: readonly Statement[]): Promise<void> {
    if (statements.length === 0) return Promise.resolve();
    return this.#turns.take(async () => {
      await this.sql.exec("BEGIN IMMEDIATE");
      try {
        for (const { source, parameters } of statements) await this.sql.run(source, parameters);
        await this.sql.exec("COMMIT");
      } catch (error) {
        await this.sql.exec("ROLLBACK").catch(() => undefined);
        throw error;
      }
    });
  }

  /** Ends the connection, after all that was asked for before. */
  close(): Promise<void> {
    return this.#turns.take(() => this.sql.close());
  }
}
