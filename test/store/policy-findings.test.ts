import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { column } from '../support/rig.ts';
import { type PolicyScene, policyScene, somePolicy } from './support/policy-scene.ts';

let scene: PolicyScene;
beforeAll(async () => {
  scene = await policyScene();
});
beforeEach(() => scene.clear());
afterAll(() => scene.stop());

describe('the open findings', () => {
  const open = async (kind: string) =>
    scene.sql`select organization_id, user_id, role, detail from rolecall.open_findings where kind = ${kind} order by user_id, role, detail->>'invitation'`;

  const invite = async (id: string, inviter: string | null, role: string | null, status = 'pending') => {
    await scene.sql`
      insert into rolecall.invitations (id, organization_id, role, inviter_id, inviter_role, status, created_at, version_updated_at, version_at)
      values (${id}, 'org_1', 'viewer', ${inviter}, ${role}, ${status}, 1, 1, 1)`;
  };

  test('tell of roles that members hold and the policy does not know', async () => {
    await scene.activate(0, somePolicy);
    await scene.sql`insert into rolecall.role_keys (key, grants) values ('guest', '{}'), ('nobodys', '{}')`;
    await scene.join('ada', 'guest');
    await scene.join('bob', 'nobodys', { deleted_at: 5 });
    expect(await open('unknown_role')).toEqual([
      { organization_id: null, user_id: null, role: 'guest', detail: { grants: [] } },
    ]);
  });

  test('tell of metadata that could not be read where the policy looks', async () => {
    await scene.activate(0, somePolicy);
    await scene.join('ada', 'viewer', { flaws: ['workspaces', 'tags'] });
    await scene.join('bob', 'viewer', { flaws: ['tags'] });
    await scene.join('cyd', 'viewer', { flaws: ['size', 'public_metadata', 'tags'] });
    await scene.join('dan', 'viewer', { flaws: ['workspaces'], deleted_at: 5 });
    await scene.sql`insert into rolecall.organizations (id, flaws) values ('org_1', '{agents}'), ('org_2', '{}')`;
    expect(await open('unreadable_metadata')).toEqual([
      { organization_id: 'org_1', user_id: 'ada', role: null, detail: { properties: ['workspaces'] } },
      {
        organization_id: 'org_1',
        user_id: 'cyd',
        role: null,
        detail: { properties: ['size', 'public_metadata'] },
      },
      { organization_id: 'org_1', user_id: null, role: null, detail: { properties: ['agents'] } },
    ]);
  });

  test('tell nothing of a life before the present one', async () => {
    await scene.activate(0, somePolicy);
    await scene.sql`insert into rolecall.role_keys (key) values ('guest')`;
    await scene.join('ada', 'viewer');
    const before = {
      id: 'mem_before',
      organization_id: 'org_1',
      user_id: 'ada',
      created_at: 0,
      role: 'guest',
    };
    await scene.sql`insert into rolecall.memberships ${scene.sql({ ...before, flaws: ['workspaces'] })}`;
    expect(await open('unknown_role')).toEqual([]);
    expect(await open('unreadable_metadata')).toEqual([]);
  });

  test('tell of invitations by somebody who may not invite, judged by what they were then', async () => {
    await scene.activate(0, somePolicy);
    await scene.join('ada', 'viewer');
    await invite('inv_1', 'ada', 'owner');
    await invite('inv_2', 'ada', 'viewer', 'accepted');
    await invite('inv_3', 'ada', null);
    await invite('inv_4', 'ada', 'viewer', 'revoked');
    await invite('inv_5', null, null);
    await invite('inv_6', 'gone', null);
    const found = await open('inviter_may_not_invite');
    expect(column(found, 'detail')).toEqual([
      { invitation: 'inv_2', status: 'accepted', inviter_role: 'viewer' },
      { invitation: 'inv_3', status: 'pending', inviter_role: 'viewer' },
      { invitation: 'inv_6', status: 'pending', inviter_role: null },
    ]);
  });

  test('leave it to the provider who may invite by a role that the policy leaves to it', async () => {
    await scene.activate(0, { ...somePolicy, extendsProvider: true });
    await invite('inv_1', 'ada', 'org:admin');
    await invite('inv_2', 'ada', 'viewer');
    expect(column(await open('inviter_may_not_invite'), 'detail')).toMatchObject([{ invitation: 'inv_2' }]);
  });

  test('are none without a policy', async () => {
    await scene.sql`insert into rolecall.role_keys (key) values ('guest')`;
    await scene.join('ada', 'guest', { flaws: ['workspaces'] });
    await invite('inv_1', 'ada', 'guest');
    await scene.sql`insert into rolecall.organizations (id, flaws) values ('org_1', '{agents}')`;
    for (const kind of ['unknown_role', 'unreadable_metadata', 'inviter_may_not_invite'])
      expect(await open(kind)).toEqual([]);
  });
});
