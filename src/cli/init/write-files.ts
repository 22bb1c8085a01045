import { existsSync } from 'node:fs';
import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ProjectFile } from './project-files.ts';

export interface WrittenFile {
  readonly path: string;
  /** `kept`: it was there before, and is as it was. `extended`: lines were added at its end. */
  readonly result: 'written' | 'extended' | 'kept';
}

/** Writes what is not there. What is there belongs to somebody: it is never overwritten. */
export async function writeFiles(
  folder: string,
  files: readonly ProjectFile[],
): Promise<readonly WrittenFile[]> {
  const written: WrittenFile[] = [];
  for (const file of files) {
    const known = file.instead?.find((name) => existsSync(join(folder, name)));
    written.push(
      known === undefined
        ? { path: file.path, result: await writeOne(join(folder, file.path), file) }
        : { path: known, result: 'kept' },
    );
  }
  return written;
}

async function writeOne(path: string, { content, lines }: ProjectFile): Promise<WrittenFile['result']> {
  await mkdir(dirname(path), { recursive: true });
  try {
    // Not asked before: whoever makes it in between has it kept too.
    await writeFile(path, content, { flag: 'wx' });
    return 'written';
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
  if (lines !== true) return 'kept';
  const existing = await readFile(path, 'utf8');
  const there = new Set(existing.split(/\r?\n/).map(bare));
  const missing = content.split('\n').filter((line) => line !== '' && !there.has(bare(line)));
  if (missing.length === 0) return 'kept';
  await appendFile(path, `${existing === '' || existing.endsWith('\n') ? '' : '\n'}${missing.join('\n')}\n`);
  return 'extended';
}

/** `/dist/` and `dist` leave out the same. */
function bare(line: string): string {
  return line.trim().replace(/^\/|\/$/g, '');
}
