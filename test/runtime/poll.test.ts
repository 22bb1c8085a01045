import { afterEach, expect, it } from 'vitest';
import { startNodeServer } from '../../src/runtime/node.ts';
import { rolecall } from '../cli/support/rolecall.ts';
import { type Rig, startRig } from '../support/rig.ts';

const started: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of started.splice(0)) await one.stop();
});

async function polling(rig: Rig, environment: Readonly<Record<string, string>> = {}) {
  const server = await startNodeServer({
    environment: {
      DATABASE_URL: rig.url,
      CLERK_WEBHOOK_SIGNING_SECRET: rig.clerk.signingSecret,
      CLERK_SECRET_KEY: rig.clerk.secretKey,
      CLERK_API_URL: rig.clerkUrl,
      ROLECALL_READ_TOKEN: 'read',
      ROLECALL_OPERATOR_TOKEN: 'operate',
      ...environment,
    },
    port: 0,
    pollSeconds: 1,
    writeLog: () => undefined,
  });
  started.unshift(server);
}

it('a server that polls follows Clerk without a single webhook', async () => {
  const rig = await startRig();
  started.push(rig);
  const { clerk, sql } = rig;
  clerk.createUser({ id: 'user_a' });
  clerk.createOrganization({ id: 'org_1' });
  clerk.addMember('org_1', 'user_a', 'org:member');
  await polling(rig);
  const role = async () => (await sql`select role from rolecall.members`)[0]?.['role'] as string | undefined;
  await expect.poll(role).toBe('org:member');
  clerk.changeRole('org_1', 'user_a', 'org:admin');
  await expect.poll(role).toBe('org:admin');
});

it('a server that is paused asks Clerk nothing, though it was told to poll', async () => {
  const rig = await startRig();
  started.push(rig);
  await polling(rig, { ROLECALL_MODE: 'paused' });
  const { stop } = started[0] ?? rig;
  // It ends after what is under way.
  await stop();
  started.shift();
  expect(rig.clerk.calls.total()).toBe(0);
  expect([...(await rig.sql`select from rolecall.reconciliations`)]).toEqual([]);
});

it.each(['0', '-1', '1.5', 'often'])('serve --poll %s is not understood', async (seconds) => {
  expect((await rolecall(['serve', '--poll', seconds])).code).toBe(2);
});
