import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Running } from '../http/support/rolecall.ts';
import { startBroken } from '../support/broken.ts';
import { access, providerAccess } from '../support/rig.ts';
import { environment, until } from '../support/serve.ts';
import { rolecall as command } from './support/rolecall.ts';

/** A server runs; the operator has a shell. */
let rolecall: Running;
beforeAll(async () => {
  rolecall = await startBroken();
});
afterAll(() => rolecall.stop());

const run = (...args: string[]) =>
  command(args, undefined, environment(rolecall.clerk, rolecall.clerkUrl, rolecall.databaseUrl));

async function json<Answer>(...args: string[]): Promise<Answer> {
  const { code, stdout, stderr } = await run(...args, '--json');
  expect(code, `${args.join(' ')}: ${stderr}`).toBe(0);
  return JSON.parse(stdout) as Answer;
}
const nothingOwed = async () =>
  (await rolecall.sql`select from rolecall.effects where status = 'owed'`).length === 0;

test('with commands alone: a dead revocation, a dead delivery, a hold and a missed removal, back to green', {
  timeout: 120_000,
}, async () => {
  const { clerk, sql } = rolecall;
  const broken = await run('status');
  expect(broken.code).toBe(1);
  for (const code of ['revocation_dead', 'delivery_dead', 'holds_waiting', 'events_never_received'])
    expect(broken.stdout).toContain(code);

  const tried = await run('replay', '--status', 'dead', '--dry-run');
  expect([tried.code, tried.stdout]).toEqual([0, expect.stringContaining('user_2')]);
  await json('replay', '--status', 'dead', '--reason', 'the constraint was a mistake');

  const { effects } = await json<{ effects: { id: number }[] }>('effects', 'list', '--status', 'dead');
  for (const { id } of effects) await json('effects', 'retry', String(id));

  const { holds } = await json<{ holds: { id: number; difference: { losing: number } }[] }>('holds', 'list');
  expect(holds.map(({ difference }) => difference.losing)).toEqual([25]);
  await json('holds', 'approve', String(holds[0]?.id), '--reason', 'they left');
  expect(await sql`select reason from rolecall.operator_actions where action = 'approve_hold'`).toEqual([
    { reason: 'they left' },
  ]);
  // A running server asks Clerk about them.
  await until(
    async () => (await sql`select from rolecall.members where organization_id = 'org_big'`).length === 35,
  );

  const found = await run('reconcile', '--dry-run');
  expect([found.code, found.stdout]).toEqual([0, expect.stringContaining('user_5')]);
  await json('reconcile', '--reason', 'the endpoint was disabled');
  await until(nothingOwed);
  expect((await run('status')).stdout).toContain('events_never_received');
  await json('reconcile', '--reason', 'to be sure');

  const status = await run('status');
  expect([status.code, status.stdout]).toEqual([0, expect.stringContaining('green: nothing is wrong.')]);
  expect(await access(sql)).toEqual(providerAccess(clerk));
  const signedIn = [...clerk.state.sessions.values()].filter(
    (one) => one.userId === 'user_1' && one.status === 'active',
  );
  expect(signedIn).toEqual([]);
});
