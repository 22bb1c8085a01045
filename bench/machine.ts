import { execFileSync } from 'node:child_process';
import { cpus, release, totalmem, type } from 'node:os';
import postgres from 'postgres';
import { startEmbeddedPostgres } from '../src/testing/embedded-postgres.ts';

/** What the figures depend on. No name and no path of it. */
export async function describeMachine(): Promise<Readonly<Record<string, string>>> {
  return {
    CPU: `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown'}`,
    Memory: `${(totalmem() / 2 ** 30).toFixed(0)} GiB`,
    // What follows its two first numbers tells whose machine it is.
    'Operating system': `${type()} ${release().split('.', 2).join('.')}`,
    'Node.js': process.version,
    PostgreSQL: await postgresVersion(),
    Commit: commit(),
  };
}

async function postgresVersion(): Promise<string> {
  const server = await startEmbeddedPostgres();
  const sql = postgres(server.url, { max: 1 });
  try {
    const [row] = await sql<{ version: string }[]>`select current_setting('server_version') as version`;
    return row?.version ?? 'unknown';
  } finally {
    await sql.end();
    await server.stop();
  }
}

/** Of a copy without its history nobody knows. */
function commit(): string {
  const git = (...words: string[]) => execFileSync('git', words, { encoding: 'utf8', stdio: 'pipe' }).trim();
  try {
    // What the run itself writes is no change of what was measured.
    const isChanged = git('status', '--porcelain', '--', '.', ':!bench/RESULTS.md') !== '';
    return `${git('rev-parse', '--short', 'HEAD')}${isChanged ? ', with changes' : ''}`;
  } catch {
    return 'unknown';
  }
}
