import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { exportAudit } from '../../src/pipeline/audit/export-audit.ts';
import { applyPolicy } from '../../src/pipeline/policies/apply-policy.ts';
import type { AuditEntry, AuditFilter, AuditPosition, AuditStore } from '../../src/pipeline/ports.ts';
import { resolvePolicy } from '../../src/policy/index.ts';
import { auditTools } from '../../src/runtime/audit-tools.ts';
import { policyDigest, policyTools } from '../../src/runtime/policy-tools.ts';
import { postgresOperatorStore } from '../../src/store/postgres/operator-store.ts';
import { outcomes, type Rig, seedOrganization, startRig, type Worker } from '../support/rig.ts';
import { reconcilerOf } from './support/reconciliations.ts';
import { replayer } from './support/replays.ts';

const OPEN: AuditFilter = {
  organizationId: null,
  userId: null,
  kind: null,
  cause: null,
  from: null,
  to: null,
};

let rig: Rig;
let worker: Worker;
let organization: string;
beforeEach(async () => {
  rig = await startRig();
  worker = rig.worker();
  organization = await seedOrganization(rig, worker, ['user_a', 'user_b', 'user_c']);
});
afterEach(() => rig.stop());

async function trail(filter: Partial<AuditFilter> = {}): Promise<AuditEntry[]> {
  const tools = auditTools(rig.url);
  try {
    const entries: AuditEntry[] = [];
    for await (const entry of exportAudit(tools.audit, { ...OPEN, ...filter })) entries.push(entry);
    return entries;
  } finally {
    await tools.end();
  }
}

const policy = (grants: readonly string[]) =>
  resolvePolicy({
    name: 'helpdesk',
    permissions: Object.fromEntries(grants.map((key) => [key, key])),
    roles: { 'org:admin': { title: 'Admin', description: 'Runs it.', can: grants } },
  });

async function withPolicies<Result>(
  act: (tools: ReturnType<typeof policyTools>) => Promise<Result>,
): Promise<Result> {
  const tools = policyTools(rig.url);
  try {
    return await act(tools);
  } finally {
    await tools.end();
  }
}

const apply = (grants: readonly string[], options: object = {}) =>
  withPolicies((tools) =>
    applyPolicy(
      tools,
      { policy: policy(grants), digest: policyDigest(policy(grants)), by: 'ann', reason: 'we sell it now' },
      options,
    ),
  );

describe('the audit trail', () => {
  it('tells the delivery that changed what somebody holds', async () => {
    rig.clerk.removeMember(organization, 'user_b');
    const [removal] = await rig.news();
    if (removal === undefined) throw new Error('nothing was told');
    await worker.process([removal]);
    expect(await trail({ userId: 'user_b', kind: 'removed' })).toEqual([
      expect.objectContaining({
        kind: 'removed',
        organizationId: organization,
        userId: 'user_b',
        permissions: [],
        action: null,
        cause: { type: 'delivery', delivery: removal.id },
      }),
    ]);
  });

  it('tells who replayed what failed and why, and which delivery it was', async () => {
    await rig.sql.unsafe(
      'alter table rolecall.memberships add constraint a_mistake check (deleted_at is null) not valid',
    );
    rig.clerk.removeMember(organization, 'user_b');
    const [removal] = await rig.news();
    if (removal === undefined) throw new Error('nothing was told');
    expect(outcomes(await worker.process([removal]))).toEqual(['failed']);
    await rig.sql.unsafe('alter table rolecall.memberships drop constraint a_mistake');
    const { id } = await replayer(rig, worker).replay({ ids: [removal.id] });
    const [action, change] = await trail({ from: Date.parse((await trail())[0]?.recordedAt ?? '') }).then(
      (all) => all.slice(-2),
    );
    expect(action).toMatchObject({
      revision: null,
      kind: 'replay',
      subject: String(id),
      cause: { type: 'operator', by: 'ann', reason: 'a test' },
    });
    expect(change).toMatchObject({
      kind: 'removed',
      userId: 'user_b',
      cause: { type: 'replay', replay: id, by: 'ann', reason: 'a test', delivery: removal.id },
    });
  });

  it('tells what was decided by itself on the second try', async () => {
    await rig.sql.unsafe(
      'alter table rolecall.memberships add constraint a_mistake check (deleted_at is null) not valid',
    );
    rig.clerk.removeMember(organization, 'user_b');
    await worker.process(await rig.news());
    await rig.sql.unsafe('alter table rolecall.memberships drop constraint a_mistake');
    await rig.sql`update rolecall.inbox set retry_at = now() - interval '1 second' where outcome = 'failed'`;
    await replayer(rig, worker).run();
    expect(await trail({ cause: 'retry' })).toEqual([
      expect.objectContaining({ kind: 'removed', userId: 'user_b' }),
    ]);
  });

  it('tells what was learnt by asking Clerk, and which delivery was the reason to ask', async () => {
    rig.clerk.createUser({ id: 'user_late' });
    rig.clerk.addMember(organization, 'user_late', 'org:member');
    const told = await rig.news();
    const late = rig.worker({ clock: { now: () => Date.now() + 3_600_000 } });
    expect(outcomes(await late.process(told))).toContain('held');
    await worker.dispatch();
    expect(await trail({ cause: 'lookup', userId: 'user_late' })).toEqual([
      expect.objectContaining({
        kind: 'granted',
        role: 'org:member',
        cause: { type: 'lookup', delivery: told.at(-1)?.id },
      }),
    ]);
  });

  it('tells which reconciliation repaired it, and who asked for that and why', async () => {
    rig.clerk.createUser({ id: 'user_d' });
    rig.clerk.addMember(organization, 'user_d', 'org:member');
    await rig.news();
    const { reconciliation } = await reconcilerOf(worker).reconcile();
    expect(await trail({ cause: 'reconciliation', userId: 'user_d' })).toEqual([
      expect.objectContaining({
        kind: 'granted',
        cause: {
          type: 'reconciliation',
          reconciliation: reconciliation.id,
          by: 'ann',
          reason: expect.any(String) as unknown,
        },
      }),
    ]);
    expect((await trail({ kind: 'reconcile' })).map(({ subject, cause }) => [subject, cause.by])).toEqual([
      [String(reconciliation.id), 'ann'],
    ]);
  });

  it('tells who applied a policy and why, who approved one that waited, and who rejected another', async () => {
    expect((await apply(['see', 'work'])).result).toBe('applied');
    await rig.sql`
      insert into rolecall.memberships (id, organization_id, user_id, created_at, role)
      select 'orgmem_x' || n, 'org_x', 'user_x' || n, n, 'org:admin' from generate_series(1, 30) as n`;
    await rig.sql`
      insert into rolecall.pairs (organization_id, user_id, membership_id, membership_created_at, first_joined_at)
      select 'org_x', 'user_x' || n, 'orgmem_x' || n, n, n from generate_series(1, 30) as n`;
    const first = await apply(['work']);
    if (first.result !== 'held') throw new Error(first.result);
    await withPolicies(({ policies }) => policies.rejectHold(first.hold, 'bob', 'not yet'));
    const second = await apply(['see']);
    if (second.result !== 'held') throw new Error(second.result);
    expect(
      (await apply(['see'], { expected: 1, approving: second.hold, approvalReason: 'as agreed' })).result,
    ).toBe('applied');

    const applied = await trail({ cause: 'policy' });
    expect(new Set(applied.map(({ kind }) => kind))).toEqual(new Set(['policy_changed', 'role_changed']));
    for (const { cause } of applied) {
      expect(cause).toEqual({ type: 'policy', policy: 1, by: 'ann', reason: 'we sell it now' });
    }
    const approved = await trail({ cause: 'approval', kind: 'role_changed' });
    expect(approved.map(({ role, permissions, cause }) => ({ role, permissions, cause }))).toEqual([
      {
        role: 'org:admin',
        permissions: ['see'],
        cause: { type: 'approval', policy: 2, hold: second.hold, by: 'ann', reason: 'we sell it now' },
      },
    ]);
    expect(
      (await trail({ cause: 'operator' })).map(({ kind, subject, cause }) => [
        kind,
        subject,
        cause.by,
        cause.reason,
      ]),
    ).toEqual([
      ['reject_hold', String(first.hold), 'bob', 'not yet'],
      ['approve_hold', String(second.hold), 'ann', 'as agreed'],
    ]);
  });

  it('tells what operators did by hand among the changes, in one order', async () => {
    await rig.sql`
      insert into rolecall.effects (kind, user_id, lane, cutoff, status, due_at)
      values ('revoke_sessions', 'user_z', 0, 1, 'dead', now())`;
    const [effect] = await rig.sql`select id::int as id from rolecall.effects where status = 'dead'`;
    const operators = postgresOperatorStore(worker.statements);
    await operators.retryEffect(effect?.['id'] as number, 'ann');
    const { replays, start } = replayer(rig, worker);
    const { id } = await start({ ids: ['msg_none'] });
    await replays.cancelReplay(id, 'bob');
    await start({ ids: ['msg_none'] }, true);
    rig.clerk.removeMember(organization, 'user_c');
    await worker.process(await rig.news());

    const all = await trail();
    expect(all.slice(-4).map(({ kind, cause }) => [kind, cause.type, cause.by])).toEqual([
      ['retry_effect', 'operator', 'ann'],
      ['replay', 'operator', 'ann'],
      ['cancel_replay', 'operator', 'bob'],
      ['removed', 'delivery', undefined],
    ]);
    const revisions = all.flatMap(({ revision }) => revision ?? []);
    expect(revisions).toEqual([...revisions].sort((a, b) => a - b));
    expect((await trail({ userId: 'user_c' })).every(({ userId }) => userId === 'user_c')).toBe(true);
    expect(await trail({ organizationId: organization, cause: 'operator' })).toEqual([]);
    expect(await trail({ kind: 'removed', cause: 'operator' })).toEqual([]);
  });

  it('is read once from one end to the other, whichever way, also where many are of one moment', async () => {
    await rig.sql`
      insert into rolecall.changes (revision, kind, user_id, at, cause, recorded_at)
      select 1000 + n, 'granted', 'user_n', n, 'delivery', timestamptz '2026-01-01' + (n / 7) * interval '1 second'
        from generate_series(0, 1200) as n`;
    await rig.sql`
      insert into rolecall.operator_actions (operator, action, subject, at)
      select 'ann', 'retry_effect', n, timestamptz '2026-01-01' + (n / 3) * interval '1 second' from generate_series(0, 300) as n`;
    const before = { to: Date.parse('2026-02-01T00:00:00Z') };
    const exported = await trail(before);
    expect(exported).toHaveLength(1_502);
    expect(new Set(exported.map(({ revision, action }) => `${revision} ${action}`)).size).toBe(1_502);
    const tools = auditTools(rig.url);
    const newest: AuditEntry[] = [];
    let after: AuditPosition | null = null;
    do {
      const page: Awaited<ReturnType<AuditStore['listAudit']>> = await tools.audit.listAudit({
        filter: { ...OPEN, ...before },
        newestFirst: true,
        after,
        limit: 13,
      });
      newest.push(...page.entries);
      after = page.next;
    } while (after !== null);
    await tools.end();
    expect(newest.reverse()).toEqual(exported);
  });
});

describe('what happened', () => {
  it('cannot be changed or removed by whoever serves: the grants of the database say so', async () => {
    const attempt = (statement: string) =>
      rig.sql.begin(async (tx) => {
        await tx`set local role rolecall_service`;
        await tx.unsafe(statement);
      });
    for (const [table, column] of [
      ['changes', 'cause'],
      ['operator_actions', 'operator'],
      ['attempts', 'reason'],
      ['policies', 'applied_by'],
    ]) {
      const denied = { code: '42501', message: `permission denied for table ${table}` };
      await expect(attempt(`update rolecall.${table} set ${column} = 'nobody'`)).rejects.toMatchObject(
        denied,
      );
      await expect(attempt(`delete from rolecall.${table}`)).rejects.toMatchObject(denied);
      await expect(attempt(`truncate rolecall.${table}`)).rejects.toMatchObject(denied);
      await expect(attempt(`select from rolecall.${table} limit 1`)).resolves.toBeUndefined();
    }
  });
});
