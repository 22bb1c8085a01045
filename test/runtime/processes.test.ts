import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type Rig, startRig } from '../support/rig.ts';
import { type Command, environment, rolecall, serving, until } from '../support/serve.ts';

// Processes and servers start slowly on a machine that has other things to do.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let rig: Rig;
const running: Command[] = [];

beforeEach(async () => {
  rig = await startRig();
});
afterEach(async () => {
  for (const command of running) command.kill('SIGKILL');
  await Promise.all(running.splice(0).map(({ ended }) => ended));
  await rig.stop();
});

async function serve(env: Record<string, string> = {}): Promise<{ command: Command; url: string }> {
  const command = rolecall(['serve', '--port', '0', '--json'], {
    ...environment(rig.clerk, rig.clerkUrl, rig.url),
    ...env,
  });
  running.push(command);
  return { command, url: await serving(command) };
}

async function tell(url: string, from = 0): Promise<void> {
  for (const event of rig.clerk.outbox.slice(from)) {
    const answer = await rig.clerk.deliver(event, { to: `${url}/webhooks/clerk` });
    expect(answer.status).toBe(200);
  }
}

const live = () => [...rig.clerk.state.sessions.values()].filter(({ status }) => status === 'active').length;

async function members(url: string, count: number): Promise<void> {
  rig.clerk.createOrganization({ id: 'org_1' });
  for (let index = 0; index < count; index += 1) {
    rig.clerk.createUser({ id: `user_${index}` });
    rig.clerk.addMember('org_1', `user_${index}`, 'org:member');
    rig.clerk.createSession(`user_${index}`);
  }
  await tell(url);
}

test('a process that is killed between commit and dispatch leaves what it owed to the next one', async () => {
  const first = await serve();
  await members(first.url, 1);
  await until(async () => (await rig.sql`select from rolecall.effects where status = 'owed'`).length === 0);
  rig.clerk.failApi({ kind: 'hang', route: 'GET /v1/sessions' });
  const before = rig.clerk.outbox.length;
  rig.clerk.removeMember('org_1', 'user_0');
  await tell(first.url, before);
  first.command.kill('SIGKILL');
  expect(await first.command.ended).toEqual({ code: null, signal: 'SIGKILL' });
  expect(live()).toBe(1);
  rig.clerk.clearFaults();
  // A lease that it may have taken runs out by itself, in half a minute.
  await rig.sql`update rolecall.effects set leased_until = now() - interval '1 second' where leased_until is not null`;
  const second = await serve();
  await until(() => live() === 0);
  await until(async () => (await rig.sql`select from rolecall.effects where status = 'owed'`).length === 0);
  second.command.kill('SIGTERM');
  expect(await second.command.ended).toEqual({ code: 0, signal: null });
});

test('two processes over one database share the work: nothing is applied, and no session revoked, twice', async () => {
  const [one, two] = await Promise.all([serve(), serve()]);
  await members(one.url, 8);
  const before = rig.clerk.outbox.length;
  for (let index = 0; index < 8; index += 1) rig.clerk.removeMember('org_1', `user_${index}`);
  const answers = await Promise.all(
    rig.clerk.outbox.slice(before).flatMap((event) =>
      [one.url, two.url].map(async (url) => {
        const { body } = await rig.clerk.deliver(event, { to: `${url}/webhooks/clerk` });
        return (JSON.parse(body) as { outcome: string }).outcome;
      }),
    ),
  );
  expect(answers.sort()).toEqual([
    ...Array<string>(8).fill('applied'),
    ...Array<string>(8).fill('duplicate'),
  ]);
  await until(() => live() === 0);
  expect(rig.clerk.calls.to('POST /v1/sessions/:id/revoke')).toBe(8);
});

test.each(['SIGTERM', 'SIGINT'] as const)(
  '%s ends a server in order: exit code 0, nothing left connected',
  async (signal) => {
    const { command, url } = await serve();
    await members(url, 1);
    command.kill(signal);
    expect(await command.ended).toEqual({ code: 0, signal: null });
    const open = await rig.sql`
    select from pg_stat_activity where application_name = 'rolecall' and datname = current_database()`;
    expect(open).toHaveLength(0);
  },
);

test('a paused server takes everything and calls the provider for nothing, not even to know its instance', async () => {
  const { url } = await serve({ ROLECALL_MODE: 'paused' });
  await members(url, 2);
  const before = rig.clerk.outbox.length;
  rig.clerk.removeMember('org_1', 'user_0');
  await tell(url, before);
  expect((await fetch(`${url}/readyz`)).status).toBe(200);
  expect(rig.clerk.calls.total()).toBe(0);
  expect(live()).toBe(2);
});
