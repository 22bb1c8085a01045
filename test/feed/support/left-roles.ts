import type { ISql, Sql } from 'postgres';

/** What SQL says but for the roles that somebody left, of which a copy is not told (docs/decisions/0018). */
export async function withoutRolesThatWereLeft<Rows>(
  sql: Sql,
  read: (tx: ISql) => Promise<Rows>,
): Promise<Rows> {
  const own = await sql.reserve();
  try {
    await own`begin`;
    await own`update rolecall.pairs set left_roles = '{}' where left_roles <> '{}'`;
    return await read(own);
  } finally {
    await own`rollback`;
    own.release();
  }
}
