import { svixHeaders } from '../src/testing/index.ts';

/** The role that every event speaks of; the stand-in knows it too, so that the two never disagree. */
export const ROLE = {
  id: 'role_editor',
  key: 'org:editor',
  name: 'Editor',
  permissions: ['org:posts:delete', 'org:posts:read', 'org:posts:write'],
};

export interface SignedEvent {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface Member {
  readonly membership: string;
  readonly organization: string;
  readonly user: string;
  readonly createdAt: number;
}

let count = 0;

function signed(secret: string, at: number, type: string, data: object): SignedEvent {
  count += 1;
  const body = JSON.stringify({ object: 'event', type, timestamp: at, data });
  return { headers: { ...svixHeaders(secret, `msg_${process.pid}_${count}`, at, body) }, body };
}

/** Somebody new becomes a member. */
export function joining(secret: string): SignedEvent {
  const now = Date.now();
  const member = {
    membership: `orgmem_${process.pid}_${count}`,
    organization: `org_${count % 100}`,
    user: `user_${process.pid}_${count}`,
    createdAt: now,
  };
  return signed(secret, now, 'organizationMembership.created', membership(member));
}

/** A member is one no more. */
export function leaving(secret: string, member: Member): SignedEvent {
  return signed(secret, Date.now(), 'organizationMembership.deleted', membership(member));
}

function membership({ membership: id, organization, user, createdAt }: Member): object {
  return {
    object: 'organization_membership',
    id,
    role: ROLE.key,
    role_name: ROLE.name,
    permissions: ROLE.permissions,
    created_at: createdAt,
    updated_at: createdAt,
    public_metadata: {},
    organization: {
      object: 'organization',
      id: organization,
      name: 'An organization',
      slug: 'an-organization',
      public_metadata: {},
      created_at: createdAt,
      updated_at: createdAt,
    },
    public_user_data: { user_id: user, identifier: 'someone@example.com' },
  };
}

/** The role's definition moves to these permissions. */
export function roleUpdated(secret: string, permissions: readonly string[]): SignedEvent {
  const now = Date.now();
  return signed(secret, now, 'role.updated', {
    object: 'role',
    id: ROLE.id,
    key: ROLE.key,
    name: ROLE.name,
    description: '',
    permissions: permissions.map((key) => ({
      id: `perm_${key}`,
      key,
      name: key,
      created_at: 1_700_000_000_000,
    })),
    created_at: 1_700_000_000_000,
    updated_at: now,
  });
}
