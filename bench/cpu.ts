import { readFile } from 'node:fs/promises';
import type { Sql } from 'postgres';

/** Linux counts in hundredths of a second, whatever its kernel ticks at. */
const MS_A_TICK = 10;

/**
 * Milliseconds of CPU that a process and its children have spent so far, those that have ended included. NaN where
 * there is no /proc.
 */
export async function cpuOf(pid: number): Promise<number> {
  // A child that ends hands its time to its parent: what was read around that moment would hold it twice, or not at all.
  for (let before = await statOf(pid); ; ) {
    const children = await Promise.all((await childrenOf(pid)).map(cpuOf));
    const after = await statOf(pid);
    if (before.ended === after.ended) return children.reduce((sum, one) => sum + one, after.spent);
    if (Number.isNaN(after.ended)) return Number.NaN;
    before = after;
  }
}

/** The first of a Postgres's processes, whose children all others are. */
export async function postmasterOf(sql: Sql): Promise<number> {
  const [row] = await sql<{ pid: number }[]>`select pg_backend_pid() as pid`;
  const fields = row === undefined ? null : await fieldsOf(row.pid);
  return Number(fields?.[1] ?? Number.NaN);
}

/** What it has spent, and as a part of it the children that have ended. */
async function statOf(pid: number): Promise<{ readonly spent: number; readonly ended: number }> {
  const fields = (await fieldsOf(pid)) ?? [];
  const [user = Number.NaN, system = 0, childrenUser = 0, childrenSystem = 0] = fields
    .slice(11, 15)
    .map((ticks) => Number(ticks) * MS_A_TICK);
  const ended = childrenUser + childrenSystem;
  return { spent: user + system + ended, ended: fields.length === 0 ? Number.NaN : ended };
}

/** What follows the name, which may hold blanks and brackets. */
async function fieldsOf(pid: number): Promise<string[] | null> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  return text === null ? null : text.slice(text.lastIndexOf(')') + 2).split(' ');
}

async function childrenOf(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  return text.split(' ').filter(Boolean).map(Number);
}
