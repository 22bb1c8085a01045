import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statfsSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

const memory = '/dev/shm';
const mark = 'rolecall-tests-';

const GIBIBYTE = 2 ** 30;
const DAY = 86_400_000;

/**
 * Gives a run of the tests a folder of its own for everything temporary: in memory where that abounds, for it is gone
 * in a minute and need not reach a disk. Measured: with a database a test, a third of the time was making files and
 * removing them.
 */
export function makeTemporaryFolder(): void {
  // The configuration is read once for each project.
  if (basename(tmpdir()).startsWith(mark)) return;
  const place = process.env['TMPDIR'] === undefined && abounds() ? memory : tmpdir();
  removeWhatWasLeft(place);
  const folder = mkdtempSync(join(place, mark));
  chmodSync(folder, 0o755); // made 0700, where Postgres' account could not enter
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  process.env['TMPDIR'] = folder;
  // What workers and a hundred processes load is compiled by the first of them.
  process.env['NODE_COMPILE_CACHE'] = join(folder, 'compiled');
}

function abounds(): boolean {
  if (process.platform !== 'linux' || process.availableMemory() < 8 * GIBIBYTE) return false;
  // In containers often nothing may be run from there; tests run what they have written.
  const mounted = /^\S+ \/dev\/shm tmpfs (?!\S*\bnoexec\b)/m.test(readFileSync('/proc/mounts', 'utf8'));
  if (!mounted) return false;
  const { bavail, bsize } = statfsSync(memory);
  return bavail * bsize > 4 * GIBIBYTE;
}

/** By runs that were killed. Not by their process's number: another container counts for itself. */
function removeWhatWasLeft(place: string): void {
  for (const name of readdirSync(place)) {
    if (!name.startsWith(mark)) continue;
    const folder = join(place, name);
    const touched = statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    if (Date.now() - touched > DAY) rmSync(folder, { recursive: true, force: true });
  }
}
