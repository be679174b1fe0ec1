import type { Store, StoreEntry, StoreRange, StoreTable, StoreWrite } from "@team/core";
import type { Database, Statement } from "./database";
import { fromSqlKey, toSqlKey } from "./keyOrder";

/** The rows of a batch travel as JSON: many in one statement, and whatever is in them is data. */
const PUT = `
  INSERT INTO entries (part, key, value)
  SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(?) WHERE true
  ON CONFLICT (part, key) DO UPDATE SET value = excluded.value
`;
const DELETE = "DELETE FROM entries WHERE (part, key) IN (SELECT value ->> 0, value ->> 1 FROM json_each(?))";
const GET = "SELECT key, value FROM entries WHERE part = ? AND key IN (SELECT value FROM json_each(?))";

interface Row {
  readonly key: string;
  readonly value: string;
}

/** Core's store in SQLite, values as JSON. Files that wait to be sent are references, which are JSON too. */
export class SqliteStore implements Store {
  constructor(private readonly database: Database) {}

  async get<V>(table: StoreTable, key: string): Promise<V | undefined> {
    return (await this.getMany<V>(table, [key]))[0];
  }

  async getMany<V>(table: StoreTable, keys: readonly string[]): Promise<(V | undefined)[]> {
    if (keys.length === 0) return [];
    const wanted = keys.map(toSqlKey);
    const rows = await this.database.all<Row>(GET, [table, JSON.stringify(wanted)]);
    const found = new Map(rows.map((row) => [row.key, row.value]));
    return wanted.map((key) => {
      const value = found.get(key);
      return value === undefined ? undefined : (JSON.parse(value) as V);
    });
  }

  async range<V>(table: StoreTable, range: StoreRange = {}): Promise<StoreEntry<V>[]> {
    const { where, parameters } = conditionOf(table, range);
    const order = range.reverse ? "DESC" : "ASC";
    const query = `SELECT key, value FROM entries WHERE ${where} ORDER BY key ${order} LIMIT ?`;
    const rows = await this.database.all<Row>(query, [...parameters, range.limit ?? -1]);
    return rows.map((row) => ({ key: fromSqlKey(row.key), value: JSON.parse(row.value) as V }));
  }

  async commit(batch: readonly StoreWrite[]): Promise<void> {
    await this.database.write(statementsOf(batch));
  }

  clear(): Promise<void> {
    return this.database.write([{ source: "DELETE FROM entries", parameters: [] }]);
  }

  close(): void {
    void this.database.close();
  }
}

/** Neighbours that do the same become one statement; the order of a batch stays. */
function statementsOf(batch: readonly StoreWrite[]): Statement[] {
  const statements: Statement[] = [];
  let gathered: string[][] = [];
  batch.forEach((write, at) => {
    if (write.op === "deleteRange") {
      const { where, parameters } = conditionOf(write.table, write.range);
      statements.push({ source: `DELETE FROM entries WHERE ${where}`, parameters });
      return;
    }
    const row = [write.table, toSqlKey(write.key)];
    gathered.push(write.op === "put" ? [...row, jsonOf(write)] : row);
    if (batch[at + 1]?.op === write.op) return;
    statements.push({ source: write.op === "put" ? PUT : DELETE, parameters: [JSON.stringify(gathered)] });
    gathered = [];
  });
  return statements;
}

function jsonOf(write: StoreWrite & { readonly op: "put" }): string {
  const text = JSON.stringify(write.value) as string | undefined;
  if (text === undefined) throw new TypeError(`What is put under ${write.table}/${write.key} cannot be stored`);
  return text;
}

function conditionOf(table: StoreTable, { from, to }: Pick<StoreRange, "from" | "to">): { where: string; parameters: string[] } {
  const where = ["part = ?"];
  const parameters: string[] = [table];
  if (from !== undefined) {
    where.push("key >= ?");
    parameters.push(toSqlKey(from));
  }
  if (to !== undefined) {
    where.push("key < ?");
    parameters.push(toSqlKey(to));
  }
  return { where: where.join(" AND "), parameters };
}
