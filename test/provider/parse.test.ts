import { describe, expect, it } from 'vitest';
import { createClerkStandIn } from '../../src/testing/index.ts';
import { anyList, textLike } from '../support/matchers.ts';
import { evidenceIn, parse } from './support.ts';

const clerk = createClerkStandIn({ autoSend: false, seed: 7 });
const SECRETS = { private: 'PRIVATE-CANARY' };

/** The last event that the stand-in sent after doing something. */
function told(type: string, change: () => unknown) {
  change();
  const event = clerk.outbox.findLast((one) => one.type === type);
  if (event === undefined) throw new Error(`no ${type} was sent`);
  return event;
}

const jane = clerk.createUser({
  id: 'user_jane',
  privateMetadata: SECRETS,
  unsafeMetadata: { unsafe: 'UNSAFE-CANARY' },
});
const acme = clerk.createOrganization({
  id: 'org_acme',
  name: 'Acme',
  publicMetadata: { features: ['beta'] },
  privateMetadata: SECRETS,
});

describe('the events of Clerk, as the stand-in sends them', () => {
  it('tell of a membership: who, where, as what, since when, and what that grants', () => {
    const created = told('organizationMembership.created', () =>
      clerk.addMember(acme.id, jane.id, 'org:member', {
        publicMetadata: { workspaces: { ws_1: 'WORKSPACE_ADMIN' } },
        privateMetadata: SECRETS,
      }),
    );
    const membership = [...clerk.state.memberships.values()][0];
    const delivery = parse(created.body);
    expect(delivery).toMatchObject({
      id: 'msg_1',
      type: 'organizationMembership.created',
      at: created.at,
      instanceId: 'ins_standin',
      organizationId: 'org_acme',
      userId: 'user_jane',
    });
    const snapshot = {
      kind: 'membership',
      told: 'created',
      id: membership?.id,
      organizationId: 'org_acme',
      userId: 'user_jane',
      role: 'org:member',
      scoped: { workspace: { ws_1: 'WORKSPACE_ADMIN' } },
      flaws: [],
      permissions: ['org:sys_memberships:read', 'org:sys_billing:read'],
      createdAt: membership?.createdAt,
      version: { updatedAt: membership?.updatedAt, at: created.at },
      userSuspended: false,
      organization: { updatedAt: acme.updatedAt, features: ['beta'], agents: {}, flaws: [] },
    };
    expect(evidenceIn(created.body)).toEqual([snapshot]);

    const updated = told('organizationMembership.updated', () =>
      clerk.changeRole(acme.id, jane.id, 'org:admin'),
    );
    expect(evidenceIn(updated.body)).toMatchObject([
      {
        ...snapshot,
        told: 'updated',
        role: 'org:admin',
        permissions: anyList,
        version: { updatedAt: updated.at, at: updated.at },
      },
    ]);

    const deleted = told('organizationMembership.deleted', () => clerk.removeMember(acme.id, jane.id));
    // Clerk leaves `updated_at` as it was: the envelope says when it ended.
    expect(evidenceIn(deleted.body)).toEqual([
      {
        kind: 'membership-deleted',
        id: membership?.id,
        identity: { organizationId: 'org_acme', userId: 'user_jane', createdAt: membership?.createdAt },
        at: deleted.at,
      },
    ]);
  });

  it('tell of an organization and its end', () => {
    const created = told('organization.created', () =>
      clerk.createOrganization({ id: 'org_2', name: 'Two' }),
    );
    const version = { updatedAt: created.at, at: created.at };
    const metadata = { updatedAt: created.at, features: [], agents: {}, flaws: [] };
    expect(evidenceIn(created.body)).toEqual([
      { kind: 'organization', told: 'created', id: 'org_2', name: 'Two', metadata, version },
    ]);
    const publicMetadata = { features: ['beta'], agents: { bot: { tools: { allowed: ['web_search'] } } } };
    const renamed = told('organization.updated', () => clerk.updateOrganization('org_2', { name: 'Deux' }));
    expect(evidenceIn(renamed.body)).toMatchObject([{ kind: 'organization', told: 'updated', name: 'Deux' }]);
    const switched = told('organization.updated', () =>
      clerk.updateOrganizationMetadata('org_2', publicMetadata),
    );
    expect(evidenceIn(switched.body)).toMatchObject([
      { metadata: { features: ['beta'], agents: { bot: ['web_search'] } } },
    ]);
    const deleted = told('organization.deleted', () => clerk.deleteOrganization('org_2'));
    expect(evidenceIn(deleted.body)).toEqual([{ kind: 'organization-deleted', id: 'org_2', at: deleted.at }]);
    expect(parse(deleted.body)).toMatchObject({ organizationId: 'org_2', userId: null });
  });

  it('tell of a user: suspended or not, and when the password changed', () => {
    const created = told('user.created', () => clerk.createUser({ id: 'user_2' }));
    const user = {
      kind: 'user',
      told: 'created',
      id: 'user_2',
      version: { updatedAt: created.at, at: created.at },
      suspended: false,
      passwordChangedAt: created.at,
    };
    expect(evidenceIn(created.body)).toEqual([user]);
    const banned = told('user.updated', () => clerk.banUser('user_2'));
    expect(evidenceIn(banned.body)).toMatchObject([{ kind: 'user', told: 'updated', suspended: true }]);
    const lifted = told('user.updated', () => clerk.unbanUser('user_2'));
    expect(evidenceIn(lifted.body)).toMatchObject([{ suspended: false }]);
    const gone = told('user.updated', () => clerk.deprovisionUser('user_2'));
    expect(evidenceIn(gone.body)).toMatchObject([{ suspended: true }]);
    const changed = told('user.updated', () => clerk.changePassword('user_2'));
    expect(evidenceIn(changed.body)).toMatchObject([{ passwordChangedAt: changed.at }]);
    const deleted = told('user.deleted', () => clerk.deleteUser('user_2'));
    expect(evidenceIn(deleted.body)).toEqual([{ kind: 'user-deleted', id: 'user_2', at: deleted.at }]);
    expect(parse(deleted.body)).toMatchObject({ organizationId: null, userId: 'user_2' });
  });

  it('tell of sessions that begin and end', () => {
    const start = (status: 'active' | 'pending') => () =>
      clerk.createSession(jane.id, { id: `sess_${status}`, status });
    const begun = [told('session.created', start('active')), told('session.pending', start('pending'))];
    for (const event of begun) {
      const [session] = evidenceIn(event.body);
      expect(session).toEqual({
        kind: 'session',
        id: textLike(/^sess_/),
        userId: jane.id,
        at: event.at,
      });
    }
    for (const [type, end] of [
      ['session.ended', clerk.endSession],
      ['session.removed', clerk.removeSession],
      ['session.revoked', clerk.revokeSession],
    ] as const) {
      const { id } = clerk.createSession(jane.id);
      const event = told(type, () => end(id));
      expect(evidenceIn(event.body)).toEqual([{ kind: 'session-ended', id, userId: jane.id, at: event.at }]);
    }
  });

  it('tell of roles and permissions', () => {
    const created = told('role.created', () => clerk.defineRole('org:editor', 'Editor', ['org:posts:edit']));
    const role = [...clerk.state.roles.values()].find((one) => one.key === 'org:editor');
    const permission = [...clerk.state.permissions.values()].find((one) => one.key === 'org:posts:edit');
    expect(evidenceIn(created.body)).toEqual([
      {
        kind: 'role',
        told: 'created',
        id: role?.id,
        key: 'org:editor',
        name: 'Editor',
        description: '',
        permissions: [{ id: permission?.id, key: 'org:posts:edit', createdAt: permission?.createdAt }],
        createdAt: role?.createdAt,
        version: { updatedAt: role?.updatedAt, at: created.at },
      },
    ]);
    const known = told('permission.created', () => undefined);
    expect(evidenceIn(known.body)).toEqual([
      {
        kind: 'permission',
        id: permission?.id,
        key: 'org:posts:edit',
        createdAt: permission?.createdAt,
        at: known.at,
      },
    ]);
    const updated = told('role.updated', () => clerk.changeRolePermissions('org:editor', []));
    expect(evidenceIn(updated.body)).toMatchObject([{ kind: 'role', told: 'updated', permissions: [] }]);
    const noPermission = told('permission.deleted', () => clerk.deletePermission('org:posts:edit'));
    expect(evidenceIn(noPermission.body)).toEqual([
      { kind: 'permission-deleted', id: permission?.id, at: noPermission.at },
    ]);
    const noRole = told('role.deleted', () => clerk.deleteRole('org:editor'));
    expect(evidenceIn(noRole.body)).toEqual([{ kind: 'role-deleted', id: role?.id, at: noRole.at }]);
  });

  it('tell of invitations: who invited whom as what, and how it ended', () => {
    const joe = clerk.createUser({ id: 'user_joe' });
    const invite = (email: string) =>
      clerk.createInvitation(acme.id, email, 'org:member', {
        inviterId: jane.id,
        publicMetadata: { workspaces: { ws_1: 'WORKSPACE_VIEWER' } },
        privateMetadata: SECRETS,
      });
    const created = told('organizationInvitation.created', () => invite('pending@example.com'));
    const [pending] = [...clerk.state.invitations.values()];
    expect(evidenceIn(created.body)).toEqual([
      {
        kind: 'invitation',
        id: pending?.id,
        organizationId: acme.id,
        email: 'pending@example.com',
        role: 'org:member',
        scoped: { workspace: { ws_1: 'WORKSPACE_VIEWER' } },
        inviterId: jane.id,
        status: 'pending',
        createdAt: pending?.createdAt,
        expiresAt: pending?.expiresAt,
        version: { updatedAt: pending?.updatedAt, at: created.at },
      },
    ]);
    expect(parse(created.body)).toMatchObject({ organizationId: acme.id, userId: jane.id });
    const accepted = told('organizationInvitation.accepted', () =>
      clerk.acceptInvitation(invite('joe@example.com').id, joe.id),
    );
    expect(evidenceIn(accepted.body)).toMatchObject([{ kind: 'invitation', status: 'accepted' }]);
    // It holds the address of whoever accepted, and is forgotten with them.
    expect(parse(accepted.body)).toMatchObject({ organizationId: acme.id, userId: joe.id });
    const unnamed = accepted.body.replaceAll(`"user_id":"${joe.id}"`, '"user_id":"not one"');
    expect(parse(unnamed)).toMatchObject({ userId: jane.id });
    const revoked = told('organizationInvitation.revoked', () =>
      clerk.revokeInvitation(invite('x@example.com').id),
    );
    expect(evidenceIn(revoked.body)).toMatchObject([{ kind: 'invitation', status: 'revoked' }]);
  });

  it('are all understood, whatever the stand-in ever sent', () => {
    expect(new Set(clerk.outbox.map((event) => event.type)).size).toBeGreaterThan(18);
    for (const event of clerk.outbox) expect(parse(event.body).content.kind, event.type).toBe('evidence');
  });

  it('leave private and unsafe metadata where they were', () => {
    const bodies = clerk.outbox.map((event) => event.body);
    expect(bodies.join()).toContain('PRIVATE-CANARY');
    expect(bodies.join()).toContain('UNSAFE-CANARY');
    for (const body of bodies) {
      const { body: _, ...parsed } = parse(body);
      expect(JSON.stringify(parsed)).not.toContain('CANARY');
    }
  });
});

/** Made after the examples of Clerk's published webhook specification, which differ from what is really sent. */
const SPEC_SECONDS = 1_716_883_200;
const SPEC_MS = SPEC_SECONDS * 1000;
const spec = (type: string, data: object) =>
  JSON.stringify({
    event_attributes: { http_request: { client_ip: '192.0.2.7', user_agent: 'Mozilla/5.0' } },
    object: 'event',
    type,
    instance_id: 'ins_2g7',
    timestamp: SPEC_SECONDS,
    data,
  });
const times = { created_at: SPEC_MS, updated_at: SPEC_MS + 300_000 };
const specOrganization = {
  object: 'organization',
  id: 'org_2g7',
  name: 'Acme Corp',
  slug: 'acme-corp',
  missing_member_with_elevated_permissions: false,
  max_allowed_memberships: 5,
  public_metadata: { department: 'engineering' },
  private_metadata: { internal_id: 'ORG-123' },
  ...times,
};
const specMembership = {
  object: 'organization_membership',
  id: 'orgmem_2g7',
  role: 'org:member',
  role_name: 'Member',
  permissions: ['org:posts:read', 'org:posts:write'],
  public_metadata: {},
  private_metadata: {},
  organization: specOrganization,
  public_user_data: {
    user_id: 'user_2h8',
    first_name: 'Jane',
    identifier: 'jane.doe@acme.com',
    has_image: true,
  },
  ...times,
};
const specPermission = {
  object: 'permission',
  id: 'perm_2g7',
  name: 'Create Posts',
  key: 'org:posts:create',
  description: 'Ability to create new posts',
  type: 'custom',
  ...times,
};
const specRole = {
  object: 'role',
  id: 'role_2g7',
  name: 'Editor',
  key: 'editor',
  description: 'Can edit and publish content',
  permissions: [specPermission],
  ...times,
};
const specUser = {
  object: 'user',
  id: 'user_2g7',
  external_id: null,
  private_metadata: null,
  unsafe_metadata: {},
  password_enabled: true,
  banned: false,
  locked: false,
  ...times,
};
const specSession = {
  object: 'session',
  id: 'sess_2g7',
  user_id: 'user_2g7',
  user: specUser,
  status: 'active',
  ...times,
};
const specInvitation = {
  object: 'organization_invitation',
  id: 'orginv_2g7',
  email_address: 'jane.doe@acme.com',
  role: 'org:member',
  organization_id: 'org_2g7',
  status: 'pending',
  url: 'https://accounts.example.com/accept-invitation?token=abc123',
  ...times,
};
const gone = (object: string, id: string, more: object = {}) => ({ object, id, deleted: true, ...more });

describe("the events of Clerk, as its specification's examples have them", () => {
  it.each<[string, object, object | null]>([
    ['organization.created', specOrganization, { kind: 'organization', id: 'org_2g7', name: 'Acme Corp' }],
    ['organization.updated', specOrganization, { kind: 'organization' }],
    [
      'organization.deleted',
      gone('organization', 'org_2g7', { slug: 'acme-corp' }),
      { kind: 'organization-deleted' },
    ],
    [
      'organizationMembership.created',
      specMembership,
      { kind: 'membership', told: 'created', userSuspended: null },
    ],
    [
      'organizationMembership.updated',
      specMembership,
      { kind: 'membership', told: 'updated', role: 'org:member' },
    ],
    [
      'organizationMembership.deleted',
      specMembership,
      { kind: 'membership-deleted', identity: { userId: 'user_2h8' } },
    ],
    ['permission.created', specPermission, { kind: 'permission', key: 'org:posts:create' }],
    ['permission.updated', specPermission, { kind: 'permission' }],
    ['permission.deleted', gone('permission', 'perm_2g7'), { kind: 'permission-deleted', id: 'perm_2g7' }],
    ['role.created', specRole, { kind: 'role', key: 'editor', permissions: [{ id: 'perm_2g7' }] }],
    ['role.updated', specRole, { kind: 'role', name: 'Editor' }],
    ['role.deleted', gone('role', 'role_2g7', { slug: null }), { kind: 'role-deleted', id: 'role_2g7' }],
    ['session.created', specSession, { kind: 'session', userId: 'user_2g7' }],
    ['session.pending', specSession, { kind: 'session' }],
    ['session.ended', specSession, { kind: 'session-ended', id: 'sess_2g7' }],
    ['session.removed', specSession, { kind: 'session-ended' }],
    ['session.revoked', specSession, { kind: 'session-ended' }],
    ['user.created', specUser, { kind: 'user', suspended: false, passwordChangedAt: null }],
    ['user.updated', specUser, { kind: 'user', told: 'updated' }],
    [
      'user.deleted',
      gone('user', 'user_2g7', { external_id: 'ex_1' }),
      { kind: 'user-deleted', id: 'user_2g7' },
    ],
    ['organizationInvitation.created', specInvitation, { kind: 'invitation', inviterId: null }],
    [
      'organizationInvitation.accepted',
      { ...specInvitation, user_id: 'user_2h8' },
      { kind: 'invitation', status: 'accepted' },
    ],
    ['organizationInvitation.revoked', specInvitation, { kind: 'invitation', status: 'revoked' }],
  ])('%s is understood, its seconds taken for what they are', (type, data, expected) => {
    const body = spec(type, data);
    expect(parse(body).at).toBe(SPEC_MS);
    expect(evidenceIn(body)).toMatchObject([expected]);
  });

  it('measures snapshots in milliseconds, whichever unit the envelope has', () => {
    for (const timestamp of [SPEC_SECONDS, SPEC_MS]) {
      const body = spec('user.updated', specUser).replace(
        `"timestamp":${SPEC_SECONDS}`,
        `"timestamp":${timestamp}`,
      );
      expect(evidenceIn(body)).toMatchObject([{ version: { updatedAt: SPEC_MS + 300_000, at: SPEC_MS } }]);
    }
  });
});

describe('what may be missing', () => {
  const without = (data: object, ...names: string[]) =>
    Object.fromEntries(Object.entries(data).filter(([name]) => !names.includes(name)));

  it('is the instance', () => {
    const body = JSON.stringify({ type: 'user.updated', timestamp: SPEC_MS, data: specUser });
    expect(parse(body)).toMatchObject({ instanceId: null, content: { kind: 'evidence' } });
    const isNull = body.replace('"timestamp"', '"instance_id":null,"timestamp"');
    expect(parse(isNull)).toMatchObject({ instanceId: null, content: { kind: 'evidence' } });
  });

  it('is every kind of metadata, and who created it', () => {
    const bare = without(specMembership, 'public_metadata', 'private_metadata', 'role_name', 'object');
    expect(evidenceIn(spec('organizationMembership.created', bare))).toHaveLength(1);
    expect(
      evidenceIn(spec('organization.created', without(specOrganization, 'public_metadata', 'created_by'))),
    ).toHaveLength(1);
  });

  it("is a membership's list of permissions, which then says nothing of them", () => {
    const bare = without(specMembership, 'permissions');
    expect(evidenceIn(spec('organizationMembership.created', bare))).toMatchObject([{ permissions: null }]);
    const empty = { ...specMembership, permissions: [] };
    expect(evidenceIn(spec('organizationMembership.created', empty))).toMatchObject([{ permissions: [] }]);
  });

  it('is all of a deleted membership but its id', () => {
    const body = spec('organizationMembership.deleted', { id: 'orgmem_2g7', deleted: true });
    expect(evidenceIn(body)).toEqual([
      { kind: 'membership-deleted', id: 'orgmem_2g7', identity: null, at: SPEC_MS },
    ]);
    const broken = spec('organizationMembership.deleted', {
      ...specMembership,
      organization: { id: 'no id' },
    });
    expect(evidenceIn(broken)).toMatchObject([{ identity: null }]);
  });

  it('is never what a decision rests on', () => {
    const needed: [string, object, string[]][] = [
      [
        'organizationMembership.created',
        specMembership,
        ['id', 'role', 'created_at', 'updated_at', 'organization', 'public_user_data'],
      ],
      ['organizationMembership.deleted', specMembership, ['id']],
      ['user.updated', specUser, ['id', 'updated_at']],
      ['user.deleted', specUser, ['id']],
      ['organization.updated', specOrganization, ['id', 'name', 'updated_at']],
      ['role.updated', specRole, ['id', 'key', 'permissions', 'created_at', 'updated_at']],
      ['permission.created', specPermission, ['id', 'key', 'created_at']],
      ['session.ended', specSession, ['id', 'user_id']],
      ['organizationInvitation.created', specInvitation, ['id', 'organization_id']],
    ];
    for (const [type, data, names] of needed) {
      for (const name of names) {
        const { content } = parse(spec(type, without(data, name)));
        expect(content, `${type} without ${name}`).toMatchObject({
          kind: 'malformed',
          problem: `malformed data.${name}`,
        });
      }
    }
  });
});
