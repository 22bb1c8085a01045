import { readFile } from 'node:fs/promises';
import type { Sql } from 'postgres';

/** Linux counts in hundredths of a second, whatever its kernel ticks at. */
const MS_A_TICK = 10;

/**
 * Milliseconds of CPU that a process and its children have spent so far, those that have ended included. NaN where
 * there is no /proc.
 */
export async function cpuOf(pid: number): Promise<number> {
  const own = await statOf(pid);
  const children = await childrenOf(pid);
  const others = await Promise.all(children.map(cpuOf));
  // A child that has ended meanwhile is found with its parent the next time.
  return others.filter((one) => !Number.isNaN(one)).reduce((sum, one) => sum + one, own);
}

/** The first of a Postgres's processes, whose children all others are. */
export async function postmasterOf(sql: Sql): Promise<number> {
  const [row] = await sql<{ pid: number }[]>`select pg_backend_pid() as pid`;
  const fields = row === undefined ? null : await fieldsOf(row.pid);
  return Number(fields?.[1] ?? Number.NaN);
}

async function statOf(pid: number): Promise<number> {
  const fields = await fieldsOf(pid);
  if (fields === null) return Number.NaN;
  // utime, stime, and of children that were waited for cutime, cstime.
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks) * MS_A_TICK, 0);
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
