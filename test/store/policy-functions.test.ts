import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { policy } from '../domain/support/house.ts';
import { column } from '../support/rig.ts';
import { type PolicyScene, policyScene, somePolicy } from './support/policy-scene.ts';

let scene: PolicyScene;
beforeAll(async () => {
  scene = await policyScene();
});
beforeEach(() => scene.clear());
afterAll(() => scene.stop());

describe('has_permission', () => {
  const has = async (...args: readonly (string | null)[]): Promise<unknown> => {
    const [user = null, permission = null, owner = null, type = null, id = null] = args;
    const rows =
      await scene.sql`select rolecall.has_permission(${user}, 'org_1', ${permission}, ${owner}, ${type}, ${id}) as held`;
    return column(rows, 'held')[0];
  };
  beforeEach(async () => {
    await scene.activate(0, somePolicy);
    await scene.join('ada', 'owner');
    await scene.join('bob', 'viewer', {
      scoped: scene.sql.json({ workspace: { ws_1: 'ADMIN' }, project: { p1: 'ADMIN' } }),
    });
    await scene.join('cyd', 'viewer', {
      scoped: scene.sql.json({ organization: { org_1: 'owner', '': 'owner', '*': 'owner' } }),
    });
  });

  test('asks for one’s own rows only where the row is one’s own', async () => {
    expect(await has('bob', 'see')).toBe(false);
    expect(await has('bob', 'see', 'ada')).toBe(false);
    expect(await has('bob', 'see', 'bob')).toBe(true);
    expect(await has('bob', 'see', '')).toBe(false);
    expect(await has('ada', 'see', 'bob')).toBe(true);
  });

  test('knows no condition by its text, and never what is assigned', async () => {
    for (const text of [
      'see own',
      'note assigned',
      'note',
      ' see',
      'see ',
      'see @workspace/ws_1',
      'own',
      '{see}',
      '%',
    ])
      expect([text, await has('bob', text), await has('bob', text, 'bob')]).toEqual([text, false, false]);
  });

  test('tells a place from another, and what reaches into it', async () => {
    expect(await has('bob', 'enter')).toBe(false);
    expect(await has('bob', 'enter', null, 'workspace', 'ws_1')).toBe(true);
    expect(await has('bob', 'enter', null, 'workspace', 'ws_2')).toBe(false);
    expect(await has('bob', 'enter', null, 'project', 'p1')).toBe(false);
    expect(await has('bob', 'see', 'bob', 'workspace', 'ws_9')).toBe(true);
    expect(await has('ada', 'rule', null, 'workspace', 'ws_9')).toBe(true);
    expect(await has('ada', 'rule', null, 'project', 'p1')).toBe(false);
  });

  test('is false about no place, every place, half a place and the organization as a place', async () => {
    for (const [type, id] of [
      ['workspace', '*'],
      ['workspace', ''],
      ['workspace', null],
      [null, 'ws_1'],
      ['', 'ws_1'],
      ['', ''],
      ['*', '*'],
      ['organization', 'org_1'],
      ['organization', '*'],
      ["workspace'; --", 'ws_1'],
    ] as const) {
      for (const user of ['ada', 'bob', 'cyd'])
        expect([type, id, await has(user, 'rule', null, type, id)]).toEqual([type, id, false]);
    }
  });

  test('is false, never null, for whoever and whatever is null, empty or unknown', async () => {
    for (const odd of [
      null,
      '',
      ' ',
      '*',
      'ada/bob',
      'x'.repeat(10_000),
      "'; drop table rolecall.pairs; --",
    ]) {
      expect(await has(odd, 'see')).toBe(false);
      expect(await has(odd, 'see', odd)).toBe(false);
      expect(await has('ada', odd)).toBe(false);
      expect(await has(odd, odd, odd, odd, odd)).toBe(false);
    }
  });

  test('and organizations_with agree on what is held outright', async () => {
    const where = async (user: string | null, permission: string | null) =>
      column(await scene.sql`select rolecall.organizations_with(${user}, ${permission}) as id`, 'id');
    expect(await where('ada', 'see')).toEqual(['org_1']);
    expect(await where('bob', 'see')).toEqual([]);
    expect(await where('bob', 'see own')).toEqual([]);
    expect(await where('bob', 'enter')).toEqual([]);
    for (const odd of [null, '', '*', 'see own']) {
      expect(await where(odd, 'see')).toEqual([]);
      expect(await where('ada', odd)).toEqual([]);
    }
  });
});

describe('an activation', () => {
  test('is refused when another version is active by now, and changes nothing then', async () => {
    await scene.activate(0, somePolicy);
    for (const stale of [0, 2, -1]) {
      await expect(scene.activate(stale, policy({}))).rejects.toMatchObject({ code: 'RCL01' });
    }
    expect(await scene.sql`select version::int, digest, scopes, reached from rolecall.active_policy`).toEqual(
      [{ version: 1, digest: 'd0', scopes: ['project', 'workspace'], reached: ['workspace'] }],
    );
    expect(await scene.sql`select from rolecall.policies`).toHaveLength(1);
    await scene.activate(1, policy({ firstMembers: { role: 'owner', count: 3 } }));
    expect(
      await scene.sql`select version::int, scopes, first_role, first_count, reads_organizations from rolecall.active_policy`,
    ).toEqual([{ version: 2, scopes: [], first_role: 'owner', first_count: 3, reads_organizations: false }]);
  });

  test('of two at once happens once', async () => {
    const both = await Promise.allSettled([scene.activate(0, somePolicy), scene.activate(0, somePolicy)]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(await scene.sql`select version::int from rolecall.active_policy`).toEqual([{ version: 1 }]);
  });

  test('that approves a hold is refused when somebody else decided on it', async () => {
    const [hold] = await scene.sql<{ id: string }[]>`
      insert into rolecall.holds (kind, status, difference, payload, raised_by, reason)
      values ('policy', 'rejected', '{}', '{}', 'ops', 'x') returning id`;
    await expect(scene.activate(0, somePolicy, { approving: Number(hold?.id) })).rejects.toMatchObject({
      code: 'RCL01',
    });
    expect(await scene.sql`select version::int from rolecall.active_policy`).toEqual([{ version: 0 }]);
  });

  test('owes a count in every organization with members, and ends what is constrained no more', async () => {
    await scene.join('ada', 'owner');
    await scene.sql`insert into rolecall.findings (kind, organization_id, role, detail) values
      ('exactly_one', 'org_1', 'owner', '{}'), ('exactly_one', 'org_1', 'boss', '{}')`;
    await scene.activate(0, somePolicy);
    expect(await scene.sql`select kind, organization_id from rolecall.effects where status = 'owed'`).toEqual(
      [{ kind: 'check_constraints', organization_id: 'org_1' }],
    );
    expect(
      column(await scene.sql`select role from rolecall.findings where ended_at is null`, 'role'),
    ).toEqual(['owner']);
  });
});

describe('a count', () => {
  const count = async () => {
    await scene.sql`select rolecall.check_constraints('{"organizationId": "org_1"}')`;
    return scene.sql`select kind, role, detail from rolecall.open_findings where organization_id = 'org_1' and kind = 'exactly_one'`;
  };

  test('finds none and two, and nothing where there is one or nobody at all', async () => {
    await scene.activate(0, somePolicy);
    expect(await count()).toEqual([]);
    await scene.join('bob', 'viewer');
    const none = [{ kind: 'exactly_one', role: 'owner', detail: { holders: [] } }];
    expect(await count()).toEqual(none);
    await scene.join('ada', 'owner');
    expect(await count()).toEqual([]);
    await scene.join('cyd', 'owner');
    expect(await count()).toEqual([
      { kind: 'exactly_one', role: 'owner', detail: { holders: ['ada', 'cyd'] } },
    ]);
    await count();
    expect(await scene.sql`select from rolecall.findings where ended_at is null`).toHaveLength(1);
    await scene.sql`update rolecall.memberships set deleted_at = 9`;
    expect(await count()).toEqual([]);
  });

  test('counts the role that the policy gives the first members', async () => {
    await scene.activate(0, { ...somePolicy, firstMembers: { role: 'owner', count: 1 } });
    await scene.join('bob', 'viewer');
    expect(await count()).toEqual([]);
  });

  test('is owed where a user was a member who is deleted, a while after', async () => {
    const { sql } = scene;
    await scene.join('ada', 'owner');
    const gone = { kind: 'user_deleted', userId: 'ada', permissions: [], at: 9, cause: 'test', details: {} };
    const deleted = JSON.stringify({ changes: [gone, { ...gone, userId: 'unheard' }] });
    await sql`select rolecall.commit_decision(${deleted}::text::jsonb)`;
    expect(await sql`select from rolecall.effects`).toHaveLength(0);
    await scene.activate(0, somePolicy);
    await sql`truncate rolecall.effects`;
    await sql`select rolecall.commit_decision(${deleted}::text::jsonb)`;
    expect(
      await sql`select kind, organization_id, due_at > now() + interval '50 seconds' as waits from rolecall.effects`,
    ).toEqual([{ kind: 'check_constraints', organization_id: 'org_1', waits: true }]);
  });

  test('of an organization that nobody ever heard of finds nothing', async () => {
    await scene.activate(0, somePolicy);
    await scene.sql`select rolecall.check_constraints('{"organizationId": "org_unheard"}')`;
    await scene.sql`select rolecall.check_constraints('{}')`;
    expect(await scene.sql`select from rolecall.findings`).toHaveLength(0);
  });
});
