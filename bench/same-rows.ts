import type { Sql } from 'postgres';

/** A table with the rows that were written to it, a column at a time, as text. */
interface Written {
  readonly table: string;
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly (string | null)[])[];
}

interface Column {
  readonly name: string;
  readonly type: string;
}

/** The transaction that comes next: what is written from now on is of it or a later one. */
export async function nextTransaction(sql: Sql): Promise<string> {
  const [row] = await sql<{ next: string }[]>`select pg_snapshot_xmax(pg_current_snapshot())::text as next`;
  return row?.next ?? '0';
}

/** Every row of Rolecall that was written since and is still there: of all tables with at least so many of them. */
export async function rowsWritten(sql: Sql, since: string, least: number): Promise<readonly Written[]> {
  const tables = await sql<{ table: string; columns: Column[] }[]>`
    select c.relname as table, jsonb_agg(jsonb_build_object('name', a.attname, 'type', format_type(a.atttypid, a.atttypmod))
             order by a.attnum) as columns
      from pg_class as c join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
     where c.relnamespace = 'rolecall'::regnamespace and c.relkind = 'r' group by c.relname order by c.relname`;
  const written: Written[] = [];
  for (const { table, columns } of tables) {
    const texts = columns.map(({ name }) => `"${name}"::text`).join(', ');
    const rows = await sql
      .unsafe(
        `select ${texts} from rolecall."${table}" where xmin::text::bigint >= ${BigInt(since)} order by ctid`,
      )
      .values();
    if (rows.length >= least) written.push({ table, columns, rows });
  }
  return written;
}

/**
 * Makes tables of the same columns, defaults, checks and indexes; without triggers, references and policies.
 * @returns what inserts the rows by `insert … select unnest`, in as many commits as there are batches.
 */
export async function copiesOf(
  sql: Sql,
  tables: readonly Written[],
  batches: number,
): Promise<() => Promise<void>> {
  await sql`drop schema if exists copies cascade`;
  await sql`create schema copies`;
  for (const { table } of tables) {
    await sql.unsafe(`create table copies."${table}" (like rolecall."${table}" including all)`);
  }
  const statements = tables.map(({ table, columns, rows }) => {
    const names = columns.map(({ name }) => `"${name}"`).join(', ');
    const values = columns.map(({ type }, at) => `c${at}::${type}`).join(', ');
    const arrays = columns.map((_, at) => `$${at + 1}::text[]`).join(', ');
    const aliases = columns.map((_, at) => `c${at}`).join(', ');
    const text = `insert into copies."${table}" (${names}) overriding system value select ${values} from unnest(${arrays}) as t(${aliases})`;
    return { text, rows, columns, size: Math.ceil(rows.length / batches) };
  });
  return async () => {
    for (let batch = 0; batch < batches; batch += 1) {
      await sql.begin((transaction) =>
        statements.map(({ text, rows, columns, size }) => {
          const part = rows.slice(batch * size, (batch + 1) * size);
          const arrays = columns.map((_, at) => part.map((row) => row[at] ?? null));
          return transaction.unsafe(text, arrays, { prepare: true });
        }),
      );
    }
  };
}
