import { lstat, mkdir, mkdtemp, readlink, realpath } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';

const hasCode = (error: unknown, ...codes: string[]): boolean =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' && codes.includes(error.code);

export const isMissing = (error: unknown): boolean => hasCode(error, 'ENOENT', 'ENOTDIR');

/** `mkdir -p` that also follows links whose target does not exist yet. Answers the real path. */
export const makeFolder = async (path: string): Promise<string> => {
  try {
    return await realpath(path);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
  const link = await readlink(path).catch(() => undefined);
  if (link !== undefined) return makeFolder(resolve(dirname(path), link));
  const parent = await makeFolder(dirname(path));
  const real = join(parent, basename(path));
  await mkdir(real).catch((error: unknown) => {
    if (!hasCode(error, 'EEXIST')) throw error;
  });
  return real;
};

export const exists = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    () => false,
  );

/**
 * A folder of root's that another account can enter. Not in /tmp where it can be helped: the system cleans
 * there what was not touched for days, and anyone could have made the name first.
 */
export const sharedFolder = async (): Promise<string> => {
  const preferred = '/var/lib/rolecall';
  try {
    await mkdir(preferred, { recursive: true, mode: 0o755 });
    return preferred;
  } catch {
    return mkdtemp(join(tmpdir(), 'rolecall-'));
  }
};
