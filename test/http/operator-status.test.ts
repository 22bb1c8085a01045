import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { OPERATORS, operatorOf, READER } from './support/operator.ts';
import { teller } from './support/policies.ts';
import { type Running, startRolecall } from './support/rolecall.ts';

let rolecall: Running;
let tell: ReturnType<typeof teller>;
/** The provider is asked for nothing, so that what is owed stays owed. */
beforeEach(async () => {
  rolecall = await startRolecall({ environment: OPERATORS });
  tell = teller(rolecall);
});
afterEach(() => rolecall.stop());

interface Status {
  readonly state: string;
  readonly problems: readonly {
    readonly code: string;
    readonly severity: string;
    readonly since: string | null;
  }[];
  readonly losses: readonly { readonly kind: string; readonly cause: string; readonly count: number }[];
}
interface Activity {
  readonly step_seconds: number;
  readonly points: readonly {
    readonly at: string;
    readonly received: number;
    readonly failed: number;
    readonly removed: number;
    readonly backlog: number;
    readonly refused_p50_ms: number | null;
    readonly refused_p99_ms: number | null;
  }[];
}

const ask = (path: string, token?: string | null) => operatorOf(rolecall)('GET', path, undefined, token);
const status = async () => (await ask('/status')).json as Status;
const codes = async () => (await status()).problems.map(({ code }) => code);
const activity = async (minutes: number) => (await ask(`/activity?minutes=${minutes}`)).json as Activity;
const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0);

/** Two who have joined, and what came of it taken. */
async function members(): Promise<void> {
  const { clerk } = rolecall;
  clerk.createOrganization({ id: 'org_1' });
  for (const id of ['user_1', 'user_2']) {
    clerk.createUser({ id });
    clerk.addMember('org_1', id, 'org:member');
  }
  await tell();
}

describe('the one screen', () => {
  it('of a new installation says that nothing has arrived and nothing was compared', async () => {
    const answer = await ask('/status');
    expect(answer.status).toBe(200);
    expect(answer.json).toMatchObject({
      state: 'yellow',
      revocations: { owed: 0, oldest_owed_at: null, dead: 0, lookups_owed: 0, lookups_dead: 0 },
      arrivals: { last_received_at: null, last_hour: 0, failed: 0, dead: 0, held: 0 },
      agreement: { last_reconciliation: null, running: null, never_received: 0 },
      losses: [],
      holds: 0,
      findings: 0,
      latency: { received_to_refused_ms: { p50: null, p99: null, count: 0 } },
      versions: { rolecall: '0.1.0', schema: 1, policy: 0, revision: 0 },
      provider: { instance: null, check: 'unknown', burst: 30, calls_per_second: 3, tokens: 30 },
      mode: 'paused',
      effects_paused: null,
      restoring_since: null,
    });
    expect(await codes()).toEqual(['mode_paused', 'no_delivery_ever', 'never_reconciled']);
  });

  it('tells who lost access and by what cause, who is still signed in, and how long refusing took', async () => {
    await members();
    await tell(() => rolecall.clerk.removeMember('org_1', 'user_1'));
    await tell(() => rolecall.clerk.banUser('user_2'));
    const now = await status();
    expect(now).toMatchObject({
      state: 'red',
      revocations: { owed: 2, dead: 0 },
      arrivals: { last_hour: rolecall.clerk.outbox.length },
      latency: { received_to_refused_ms: { count: 2 } },
      provider: { instance: rolecall.clerk.instanceId },
    });
    expect(now.losses.map(({ kind, cause, count }) => [kind, cause, count])).toEqual([
      ['removed', 'delivery', 1],
      ['suspended', 'delivery', 1],
    ]);
    expect(now.problems[0]).toMatchObject({
      code: 'mode_paused',
      severity: 'red',
      runbook: 'docs/runbooks/paused.md',
    });
    // A quarter of an hour later nobody lost access lately.
    await rolecall.sql`update rolecall.changes set recorded_at = recorded_at - interval '16 minutes'`;
    expect((await status()).losses).toEqual([]);
  });

  it('does not take an ordinary sign-out for a loss', async () => {
    await members();
    const session = rolecall.clerk.createSession('user_1');
    await tell(() => rolecall.clerk.endSession(session.id));
    // Nor what cuts tokens off for other reasons: a new password, or a first sight of somebody.
    for (const kind of ['password_changed', 'cut_off']) {
      await rolecall.sql`
        with counted as (update rolecall.counter set revision = revision + 1 returning revision)
        insert into rolecall.changes (revision, kind, user_id, at, cause, cutoff_of, cutoff_id, cutoff_at)
        select revision, ${kind}, 'user_1', 1, 'delivery', 'user', 'user_1', 1 from counted`;
    }
    expect((await status()).losses).toEqual([]);
  });

  it('names what is dead, what waits and what disagrees, and forgets it when it is mended', async () => {
    const { sql } = rolecall;
    await members();
    await sql`
      insert into rolecall.effects (kind, user_id, lane, cutoff, status, due_at, settled_at) values
        ('revoke_sessions', 'user_1', 0, 1, 'dead', now(), now() - interval '1 hour'),
        ('lookup_user', 'user_1', 1, null, 'dead', now(), now())`;
    await sql`
      insert into rolecall.inbox (id, source, body_sha256, outcome, reason, received_at, retry_at) values
        ('msg_dead', 'webhook', '\\x00', 'failed', 'refused_by_database', now(), 'infinity'),
        ('msg_retried', 'webhook', '\\x01', 'failed', 'refused_by_database', now(), now() + interval '1 hour'),
        ('msg_long_ago', 'webhook', '\\x02', 'failed', 'malformed data', now() - interval '2 days', null)`;
    await sql`
      insert into rolecall.holds (kind, difference, payload, raised_by, reason)
      values ('absences', '{}', '{}', 'rolecall', 'too many')`;
    await sql`
      insert into rolecall.reconciliations (status, cause, dry_run, asked_by, reason, drift, ended_at) values
        ('failed', 'schedule', false, 'rolecall', '', '{}', now() - interval '2 hours'),
        ('done', 'schedule', false, 'rolecall', '', '{"extra": 2}', now() - interval '1 hour'),
        ('done', 'operator', true, 'ann', '', '{"missing": 9}', now())`;
    await sql`
      insert into rolecall.reconciliations (cause, dry_run, asked_by, reason, organization_id)
      values ('operator', false, 'ann', '', 'org_1')`;
    expect(await status()).toMatchObject({
      revocations: { dead: 1, lookups_dead: 1 },
      arrivals: { failed: 2, dead: 1 },
      agreement: {
        last_reconciliation: { id: 2, cause: 'schedule', status: 'done', drift: { extra: 2 } },
        running: 4,
        never_received: 2,
      },
      holds: 1,
    });
    expect((await codes()).toSorted()).toEqual([
      'delivery_dead',
      'delivery_failed',
      'events_never_received',
      'holds_waiting',
      'lookup_dead',
      'mode_paused',
      'revocation_dead',
    ]);

    await sql`update rolecall.effects set status = 'done'`;
    await sql`update rolecall.inbox set outcome = 'applied'`;
    await sql`update rolecall.holds set status = 'rejected'`;
    await sql`
      insert into rolecall.reconciliations (status, cause, dry_run, asked_by, reason, ended_at)
      values ('done', 'operator', false, 'ann', '', now())`;
    expect(await codes()).toEqual(['mode_paused']);
  });

  it('tells of a restore, a pause, and how Clerk answered last', async () => {
    const { sql } = rolecall;
    await members();
    await sql`
      update rolecall.operations
         set restoring_since = now(), effects_paused_at = now(), effects_paused_by = 'ann',
             effects_paused_reason = 'an incident'`;
    await sql`
      insert into rolecall.effects (kind, user_id, lane, status, due_at, last_error, owed_at) values
        ('revoke_sessions', 'user_1', 0, 'owed', now(), 'unauthorized', '2026-01-01T00:00:00Z'),
        ('lookup_user', 'user_1', 1, 'owed', now(), 'timeout', now())`;
    await sql`update rolecall.provider_budget set paused_until = now() + interval '1 minute'`;
    const now = await status();
    expect(now).toMatchObject({
      revocations: { owed: 1, oldest_owed_at: '2026-01-01T00:00:00.000Z' },
      effects_paused: { by: 'ann', reason: 'an incident' },
      provider: { paused_until: expect.any(String) as string },
    });
    expect(now.problems.map(({ code, severity }) => [severity, code])).toEqual(
      expect.arrayContaining([
        ['red', 'restoring'],
        ['red', 'effects_paused'],
        ['red', 'key_refused'],
        ['yellow', 'clerk_unavailable'],
        ['yellow', 'clerk_rate_limited'],
      ]),
    );
  });
});

describe('the activity', () => {
  it('counts what arrived, failed and was lost in its minute, and what is owed at the end', async () => {
    await members();
    await rolecall.post('{}');
    await tell(() => rolecall.clerk.removeMember('org_1', 'user_1'));
    const { step_seconds, points } = await activity(60);
    expect([step_seconds, points.length]).toEqual([60, 60]);
    expect(sum(points.map(({ received }) => received))).toBe(rolecall.clerk.outbox.length + 1);
    expect(sum(points.map(({ failed }) => failed))).toBe(1);
    expect(sum(points.map(({ removed }) => removed))).toBe(1);
    const [row] =
      await rolecall.sql`select count(*)::int as owed from rolecall.effects where status = 'owed'`;
    expect(points.at(-1)?.backlog).toBe(row?.['owed']);
    const told = points.filter(({ refused_p50_ms }) => refused_p50_ms !== null);
    expect(told).toHaveLength(1);
    expect(told[0]?.refused_p99_ms).toBeGreaterThanOrEqual(told[0]?.refused_p50_ms ?? 0);
  });

  it('knows what was owed at any time of the day, also what is settled since', async () => {
    await rolecall.sql`
      insert into rolecall.effects (kind, user_id, lane, status, due_at, owed_at, settled_at) values
        ('lookup_user', 'user_1', 1, 'done', now(), now() - interval '30 minutes', now() - interval '10 minutes'),
        ('lookup_user', 'user_2', 1, 'owed', now(), now() - interval '20 minutes', null),
        ('lookup_user', 'user_3', 1, 'done', now(), now() - interval '3 days', now() - interval '2 days'),
        ('lookup_user', 'user_4', 1, 'done', now(), now() - interval '3 days', now() - interval '15 minutes'),
        ('revoke_sessions', 'user_5', 1, 'observed', now(), now() - interval '20 minutes', null)`;
    const { points } = await activity(60);
    const backlog = (minutesAgo: number) => points.at(-1 - minutesAgo)?.backlog;
    expect([40, 25, 18, 12, 5, 0].map(backlog)).toEqual([1, 2, 3, 2, 1, 1]);
  });

  it.each([
    [1, 60, 1],
    [120, 60, 120],
    [121, 120, 61],
    [1440, 720, 120],
  ])('of %d minutes has steps of %d seconds, and %d of them', async (minutes, stepSeconds, points) => {
    const told = await activity(minutes);
    expect([told.step_seconds, told.points.length]).toEqual([stepSeconds, points]);
    const times = told.points.map(({ at }) => Date.parse(at));
    expect(times.slice(1).every((at, index) => at - (times[index] ?? 0) === stepSeconds * 1_000)).toBe(true);
    const end = (times.at(-1) ?? 0) + stepSeconds * 1_000;
    expect(Math.abs(end - Date.now())).toBeLessThan(2 * 60_000);
  });

  it('uses the places of minutes that are long over again', async () => {
    await members();
    const before = rolecall.clerk.outbox.length;
    await rolecall.sql`update rolecall.minutes set minute = minute - interval '1500 minutes'`;
    await tell(() => rolecall.clerk.updateOrganization('org_1', { name: 'Anew' }));
    const { points } = await activity(1440);
    expect(sum(points.map(({ received }) => received))).toBe(rolecall.clerk.outbox.length - before);
  });

  it.each(['0', '1441', '-1', 'x', '1.5', '', '60&minutes=60', '60&more=1'])(
    'of %j minutes is refused',
    async (minutes) => {
      expect((await ask(`/activity?minutes=${minutes}`)).status).toBe(400);
    },
  );
});

describe('both', () => {
  it('are shown to whoever may only look, and to no stranger', async () => {
    for (const path of ['/status', '/activity']) {
      expect((await ask(path, READER)).status).toBe(200);
      expect((await ask(path, null)).status).toBe(401);
      expect((await ask(path, 'wrong')).status).toBe(401);
    }
  });
});
