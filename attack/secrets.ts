import type { Sql } from 'postgres';
import { KEPT_AS_RECEIVED, type Needle } from './canaries.ts';

/** Where messages of known types stand as they were received, until they are pruned. */
const KEPT_IN = 'inbox.body';

export interface StoredSecrets {
  readonly columns: number;
  readonly found: readonly string[];
  /** Bodies in which private metadata stands as it may: none would mean that nothing was looked at. */
  readonly kept: number;
}

/** Looks for every secret in every column of every table of the database. */
export async function findStored(sql: Sql, needles: readonly Needle[]): Promise<StoredSecrets> {
  const columns = await sql<{ table: string; column: string; name: string }[]>`
    select c.oid::regclass::text as table, a.attname as column, c.relname || '.' || a.attname as name
      from pg_class c join pg_attribute a on a.attrelid = c.oid join pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p', 'm') and a.attnum > 0 and not a.attisdropped
       and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast') order by 1, 2`;
  const found: string[] = [];
  let kept = 0;
  const patterns = needles.map(({ text }) => `%${text.replaceAll(/[\\%_]/g, '\\$&')}%`);
  for (const { table, column, name } of columns) {
    const rows = await sql.unsafe<{ text: string }[]>(
      `select t."${column}"::text as text from ${table} t where t."${column}"::text like any ($1)`,
      [patterns],
    );
    for (const { text } of rows) {
      const secrets = new Set(needles.filter((one) => text.includes(one.text)).map(({ secret }) => secret));
      for (const secret of secrets) {
        if (name === KEPT_IN && KEPT_AS_RECEIVED.has(secret)) kept += 1;
        else found.push(`${name} holds a part of ${secret}`);
      }
    }
  }
  return { columns: columns.length, found: [...new Set(found)], kept };
}
