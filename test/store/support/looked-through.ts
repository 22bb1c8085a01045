import type { Rig, Worker } from '../../support/rig.ts';

export interface LookedThrough {
  /** Scans of whole tables, by table, before and after. */
  readonly before: unknown;
  readonly after: unknown;
  /** Entries that were read of the tables' indexes: a whole index read is a whole table read. */
  readonly entries: number;
}

/** What `worker` looked through of these tables while it did something: connections tell when they are told to. */
export async function lookedThrough(
  { sql }: Rig,
  tables: readonly string[],
  worker: Worker,
  run: () => Promise<void>,
): Promise<LookedThrough> {
  await sql`
    create or replace function rolecall.tell_statistics(jsonb) returns void language sql
    return pg_catalog.pg_stat_force_next_flush()`;
  const scans = async () => {
    await worker.statements.call('tell_statistics', {});
    const rows = await sql`
      select relname, seq_scan::int, seq_tup_read::int from pg_stat_user_tables
       where schemaname = 'rolecall' and relname in ${sql(tables)} order by relname`;
    const [row] = await sql`
      select sum(idx_tup_read)::int as read from pg_stat_user_indexes
       where schemaname = 'rolecall' and relname in ${sql(tables)}`;
    return { scans: rows.map((one) => ({ ...one })), entries: Number(row?.['read']) };
  };
  await tellScansOfTests(sql);
  const before = await scans();
  await run();
  const after = await scans();
  return { before: before.scans, after: after.scans, entries: after.entries - before.entries };
}

/** What the test itself looked through before is told late, by each connection for itself: it must not come in between. */
async function tellScansOfTests(sql: Rig['sql']): Promise<void> {
  const connections = await Promise.all(Array.from({ length: sql.options.max }, () => sql.reserve()));
  for (const connection of connections) {
    await connection`select pg_stat_force_next_flush()`;
    connection.release();
  }
}
