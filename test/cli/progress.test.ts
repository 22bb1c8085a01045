import { describe, expect, it } from 'vitest';
import { inContext } from '../../src/cli/context.ts';
import { type Progress, progressOf } from '../../src/cli/progress.ts';

/** What standard error was given. */
async function told(isTTY: boolean, work: (progress: Progress) => void): Promise<string> {
  let all = '';
  const stdout = { write: () => undefined };
  const stderr = {
    isTTY,
    write: (text: string) => {
      all += text;
    },
  };
  const rest = { env: {}, cwd: '.', stdin: async function* () {}, untilStopped: async () => undefined };
  await inContext({ ...rest, stdout, stderr }, async () => work(progressOf()));
  return all;
}

const work = (progress: Progress) => {
  progress.show('roles', 2, 2);
  progress.show('memberships', 500, 2000);
  progress.show('memberships', 1000, 2000);
  progress.show('users', 7, null);
  progress.end();
};

describe('progress', () => {
  it('is one line on a terminal, written over, and leaves nothing of a longer one', async () => {
    const [start, ...lines] = (await told(true, work)).split('\r');
    expect(start).toBe('');
    expect(lines).toEqual([
      `${'█'.repeat(30)} roles, 2 of 2`,
      `${'█'.repeat(8)}${'░'.repeat(22)} memberships, 500 of 2000`,
      `${'█'.repeat(15)}${'░'.repeat(15)} memberships, 1000 of 2000`,
      `${'░'.repeat(30)} users, 7 of many         \n`,
    ]);
  });

  it('is a line for each part of the work elsewhere', async () => {
    expect(await told(false, work)).toBe('roles: 2 of 2\nmemberships: 500 of 2000\nusers: 7 of many\n');
  });
});
