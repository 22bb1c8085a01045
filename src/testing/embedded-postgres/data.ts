import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmod,
  chown,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  rmdir,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Account } from './account.ts';
import { canUse } from './account.ts';
import { isMissing, makeFolder, sharedFolder } from './folders.ts';

const run = promisify(execFile);

export type Data = { readonly folder: string; readonly password: string };

export const ownerOfData = async (folder: string): Promise<Account> => {
  try {
    const { uid, gid } = await stat(join(folder, 'PG_VERSION'));
    return { uid, gid };
  } catch {
    return undefined;
  }
};

const isNew = async (folder: string): Promise<boolean> => {
  const entries = await readdir(folder);
  if (entries.includes('PG_VERSION')) return false;
  if (entries.length > 0) throw new Error(`${folder} is neither empty nor the data of a Postgres.`);
  return true;
};

/** Data that Postgres' account may not reach where it was asked for lives elsewhere, behind a link. */
const moveWithinReach = async (folder: string): Promise<string> => {
  const shared = await sharedFolder();
  const place = await mkdtemp(join(shared, 'data-'));
  await Promise.all([chmod(shared, 0o755), chmod(place, 0o755)]);
  const real = await makeFolder(join(place, basename(folder)));
  await rmdir(folder);
  await symlink(real, folder);
  return real;
};

const passwordFile = (folder: string): string => `${folder}.password`;

/** Made aside and moved into place at once: a start that is killed half-way leaves nothing half made. */
const create = async (
  folder: string,
  initdb: string,
  account: Account,
  flags: readonly string[],
): Promise<void> => {
  const half = await mkdtemp(`${folder}.new-`);
  const forInitdb = `${half}.password`;
  try {
    await writeFile(forInitdb, await readFile(passwordFile(folder)), { mode: 0o600 });
    if (account !== undefined) {
      await Promise.all([half, forInitdb].map((path) => chown(path, account.uid, account.gid)));
    }
    await run(
      initdb,
      [
        `--pgdata=${half}`,
        '--username=postgres',
        `--pwfile=${forInitdb}`,
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        '--locale=C',
        ...flags,
      ],
      { ...account, cwd: '/', env: postgresEnvironment() },
    );
    await rename(half, folder);
  } catch (error) {
    await rm(half, { recursive: true, force: true });
    throw error;
  } finally {
    await rm(forInitdb, { force: true });
  }
};

/** Nothing of ours is inherited: PGOPTIONS and the like would change the server, and secrets stay here. */
export const postgresEnvironment = (): Record<string, string> => {
  const kept = ['PATH', 'SystemRoot', 'TMPDIR'].flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...Object.fromEntries(kept), LANG: 'C', LC_ALL: 'C', TZ: 'UTC' };
};

export const prepareData = async (
  requested: string,
  initdb: string,
  account: Account,
  flags: readonly string[],
): Promise<Data> => {
  let folder = await makeFolder(requested);
  const fresh = await isNew(folder);
  const reachable =
    (await canUse(account, '-x', dirname(folder))) && (fresh || (await canUse(account, '-w', folder)));
  if (fresh) {
    if (!reachable) folder = await moveWithinReach(folder);
    await writeFile(passwordFile(folder), randomBytes(24).toString('base64url'), { mode: 0o600 });
    await create(folder, initdb, account, flags);
  } else if (!reachable) {
    throw new Error(
      `Postgres' account (uid ${account?.uid}) cannot use its data in ${folder}. Move or remove it.`,
    );
  }
  try {
    return { folder, password: (await readFile(passwordFile(folder), 'utf8')).trim() };
  } catch (error) {
    if (!isMissing(error)) throw error;
    throw new Error(
      `The password ${passwordFile(folder)} is gone. Restore it, or remove ${folder} to start anew.`,
    );
  }
};
