import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { rolecall } from './support/rolecall.ts';

const SECRETS = {
  CLERK_WEBHOOK_SIGNING_SECRET: `whsec_${btoa('CANARY signing secret of 32 bytes')}`,
  CLERK_SECRET_KEY: 'sk_test_CANARY',
  CLERK_API_URL: 'http://127.0.0.1:1',
  ROLECALL_READ_TOKEN: 'app:CANARY-read',
  ROLECALL_OPERATOR_TOKEN: 'ann:CANARY-operator',
};

/** As they are pasted: a password with something in it that means something in a URL. */
const UNREADABLE = [
  'postgres://worker:CANARY@host:5432x/db',
  'postgres://worker:CAN/ARY@host/db',
  'postgres://worker:CANARY%zz@host/db',
  'postgres://worker:CANARY@[::1/db',
  'CANARY',
];
const UNREACHABLE = 'postgres://worker:CANARY@127.0.0.1:1/db';

const COMMANDS = [
  'migrate',
  'status',
  'status --json',
  'deliveries list',
  'effects list',
  'holds list',
  'members list --organization org_1',
  'explain user_1 org_1',
  'policy history',
  'audit export',
  'restore --reason x',
  'reconcile',
  'replay --status failed --reason x',
  'doctor',
];

/** Everything that is seen of a command, also where it breaks. */
async function seen(command: string, DATABASE_URL: string): Promise<string> {
  const ended = await rolecall(command.split(' '), undefined, { ...SECRETS, DATABASE_URL }).catch(
    (error: unknown) => inspect(error),
  );
  expect(ended).toMatchObject({ code: 1 });
  return inspect(ended);
}

test.each([...COMMANDS, 'serve --port 0'])(
  'with an address that cannot be read, it says so and nothing of it: %s',
  async (command) => {
    for (const url of UNREADABLE) {
      const told = await seen(command, url);
      expect(told, url).not.toMatch(/CANARY|ARY@/);
      expect(told, url).toMatch(/DATABASE_URL (must be|is no) /);
    }
  },
);

test.each(COMMANDS)(
  'where the database is not there, it names no password, key or token: %s',
  async (command) => {
    expect(await seen(command, UNREACHABLE)).not.toContain('CANARY');
  },
);
