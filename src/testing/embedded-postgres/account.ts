import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Who the Postgres processes run as; `undefined` is whoever runs Node. */
export type Account = { readonly uid: number; readonly gid: number } | undefined;

const runsAsRoot = (): boolean => process.getuid?.() === 0;

const idsOf = async (name: string): Promise<Account> => {
  try {
    const [uid, gid] = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])]);
    return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  } catch {
    return undefined;
  }
};

/**
 * Postgres refuses to run as root. Data that exists keeps its owner; new data goes to `postgres` where the
 * machine knows that account and to `nobody` elsewhere, so that no account is created on anyone's machine.
 */
export const chooseAccount = async (owner: Account): Promise<Account> => {
  if (!runsAsRoot()) return undefined;
  if (owner !== undefined && owner.uid !== 0) return owner;
  const account = (await idsOf('postgres')) ?? (await idsOf('nobody'));
  if (account === undefined) {
    throw new Error(
      'Postgres refuses to run as root, and this machine has neither the account "postgres" nor "nobody". ' +
        'Run as another user, or set DATABASE_URL.',
    );
  }
  return account;
};

/** Asked of the kernel as that account, since modes alone do not tell: a folder above may be 0700. */
export const canUse = async (account: Account, access: '-x' | '-w', path: string): Promise<boolean> => {
  if (account === undefined) return true;
  try {
    await run('/bin/sh', ['-c', `test ${access} "$0"`, path], { ...account, cwd: '/' });
    return true;
  } catch {
    return false;
  }
};
