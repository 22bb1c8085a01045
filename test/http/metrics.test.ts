import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import { VERSION } from '../../src/http/version.ts';
import { METRICS } from '../../src/pipeline/operators/metric-names.ts';
import { type Exposed, readExposition } from './support/exposition.ts';
import { OPERATORS, READER } from './support/operator.ts';
import { teller } from './support/policies.ts';
import { READ_TOKEN, type Running, startRolecall } from './support/rolecall.ts';

let rolecall: Running;
let tell: ReturnType<typeof teller>;
beforeEach(async () => {
  rolecall = await startRolecall({ environment: OPERATORS });
  tell = teller(rolecall);
});
afterEach(() => rolecall.stop());

const scrape = async () => readExposition((await rolecall.get('/metrics', READER)).text);
const value = (metrics: Map<string, Exposed>, name: string, labels: Readonly<Record<string, string>> = {}) =>
  metrics
    .get(name)
    ?.samples.find((one) => Object.entries(labels).every(([label, given]) => one.labels[label] === given))
    ?.value;

async function story(): Promise<void> {
  const { clerk } = rolecall;
  clerk.createOrganization({ id: 'org_CANARY' });
  for (const id of ['user_CANARY_1', 'user_CANARY_2']) {
    clerk.createUser({ id });
    clerk.addMember('org_CANARY', id, 'org:member');
  }
  await tell();
  await tell(() => clerk.removeMember('org_CANARY', 'user_CANARY_1'));
  await rolecall.post('{"type":"unheard.of","data":{}}');
}

describe('the figures for Prometheus', () => {
  it('are text of format 0.0.4, for operators’ tokens only, also those that may only look', async () => {
    const answer = await rolecall.get('/metrics', READER);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([
      200,
      'text/plain; version=0.0.4; charset=utf-8',
    ]);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect((await rolecall.get('/metrics', READ_TOKEN)).status).toBe(401);
    expect((await fetch(`${rolecall.url}/metrics`)).status).toBe(401);
  });

  it('are every one that is documented, with its type and help, and none besides', async () => {
    await story();
    const told = [...(await scrape())].map(([name, { type, help }]) => [name, [type, help]]);
    expect(Object.fromEntries(told)).toEqual(METRICS);
  });

  it('count what was taken, who lost access and how long refusing took', async () => {
    await story();
    const metrics = await scrape();
    expect(value(metrics, 'rolecall_build_info', { version: VERSION, schema: '1' })).toBe(1);
    const deliveries = (type: string, outcome: string) =>
      value(metrics, 'rolecall_deliveries_total', { type, outcome });
    expect(deliveries('organizationMembership.deleted', 'applied')).toBe(1);
    expect(deliveries('other', 'ignored')).toBe(1);
    const all = metrics.get('rolecall_deliveries_total')?.samples.map((sample) => sample.value) ?? [];
    expect(all.reduce((total, one) => total + one, 0)).toBe(rolecall.clerk.outbox.length + 1);
    expect(value(metrics, 'rolecall_losses_total', { kind: 'removed', cause: 'delivery' })).toBe(1);
    const [last] = metrics.get('rolecall_received_to_refused_seconds')?.samples.slice(-1) ?? [];
    expect(last).toMatchObject({ name: 'rolecall_received_to_refused_seconds_count', value: 1 });
    expect(value(metrics, 'rolecall_effects_owed', { kind: 'revoke_sessions', lane: 'removal' })).toBe(1);
    expect(
      value(metrics, 'rolecall_effects_oldest_owed_seconds', { kind: 'revoke_sessions' }),
    ).toBeGreaterThan(0);
    expect(value(metrics, 'rolecall_mode', { mode: 'paused' })).toBe(1);
    expect(value(metrics, 'rolecall_mode', { mode: 'enforce' })).toBe(0);
    expect(value(metrics, 'rolecall_problem', { code: 'mode_paused' })).toBe(1);
    expect(value(metrics, 'rolecall_problem', { code: 'restoring' })).toBe(0);
    expect(value(metrics, 'rolecall_status', { state: 'red' })).toBe(1);
    expect(value(metrics, 'rolecall_changes_total')).toBe(
      (await rolecall.member('org_CANARY', 'user_CANARY_2')).revision,
    );
  });

  it('name no user, no organization and no delivery, and know types only by the names that Clerk documents', async () => {
    await story();
    for (const type of ['user.exploded', 'x'.repeat(90), 'a"b\\c']) {
      await rolecall.post(JSON.stringify({ type, data: {} }));
    }
    const { text } = await rolecall.get('/metrics', READER);
    expect(text).not.toMatch(/CANARY|msg_|exploded|xxx|a.{1,2}b.c/);
    const others = readExposition(text)
      .get('rolecall_deliveries_total')
      ?.samples.filter(({ labels }) => labels['type'] === 'other');
    expect(others?.reduce((total, one) => total + one.value, 0)).toBe(4);
  });

  it('never count backwards: not by a duplicate, a replay, or what is forgotten', async () => {
    await story();
    const counters = (metrics: Map<string, Exposed>) =>
      [...metrics].flatMap(([name, { type, samples }]) =>
        type === 'gauge'
          ? []
          : samples.map((one) => [`${name} ${JSON.stringify([one.name, one.labels])}`, one.value] as const),
      );
    const before = counters(await scrape());
    const [event] = rolecall.clerk.outbox;
    await rolecall.post(event?.body ?? '', { id: event?.id ?? '' });
    await rolecall.sql`update rolecall.inbox set body = null, outcome = 'stale'`;
    await rolecall.sql`delete from rolecall.effects`;
    await rolecall.sql`delete from rolecall.changes where revision < 3`;
    const after = new Map(counters(await scrape()));
    expect(before.length).toBeGreaterThan(10);
    expect(before.map(([name]) => [name, after.get(name)])).toEqual(before);
  });

  it('ask nothing of Clerk', async () => {
    await rolecall.stop();
    rolecall = await startRolecall({ environment: OPERATORS, paused: false });
    const { calls } = rolecall.clerk;
    const before = calls.total();
    await scrape();
    expect(calls.total()).toBe(before);
  });
});

test('every metric is documented, with its type, and none that is not there', () => {
  const documented = [
    ...readFileSync('docs/metrics.md', 'utf8').matchAll(/^\| `(rolecall_\w+)`[^|]*\| (\w+) \|/gm),
  ];
  expect(Object.fromEntries(documented.map(([, name = '', type = '']) => [name, type]))).toEqual(
    Object.fromEntries(Object.entries(METRICS).map(([name, [type]]) => [name, type])),
  );
});

test('the version is the package’s', () => {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  expect(VERSION).toBe(version);
});
