import type { Sql } from 'postgres';

/** What everything that is stored amounts to: a digest for each table. */
export type Fingerprint = ReadonlyMap<string, string>;

/** Metrics, counted in the commits of genuine messages, which go on meanwhile. */
const COUNTED: ReadonlySet<string> = new Set(['tallies', 'minutes']);
/** When upkeep last ran. */
const NOTED = "array['alive_at', 'pruned_at']";

export async function tablesOf(sql: Sql): Promise<string[]> {
  const rows = await sql<{ name: string }[]>`
    select c.relname as name from pg_class c
     where c.relnamespace = 'rolecall'::regnamespace and c.relkind in ('r', 'p') order by 1`;
  if (rows.length < 15) throw new Error('the tables were not found');
  return rows.map(({ name }) => name);
}

export async function fingerprint(sql: Sql, tables: readonly string[]): Promise<Fingerprint> {
  const digests = tables
    .filter((table) => !COUNTED.has(table))
    .map(
      (table) => `
      select '${table}' as name, coalesce(md5(string_agg(one, '' order by one)), '') as digest
        from (select md5((to_jsonb(t) - ${NOTED})::text) as one from rolecall.${table} t) of_rows`,
    );
  const rows = await sql.unsafe<{ name: string; digest: string }[]>(digests.join(' union all '));
  return new Map(rows.map(({ name, digest }) => [name, digest]));
}

/** The tables that differ. */
export function differences(before: Fingerprint, after: Fingerprint): string[] {
  return [...after].filter(([table, digest]) => before.get(table) !== digest).map(([table]) => table);
}
