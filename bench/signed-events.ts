import { svixHeaders } from '../src/testing/index.ts';

/** The role that every event speaks of; the stand-in knows it too, so that the two never disagree. */
export const ROLE = {
  key: 'org:editor',
  name: 'Editor',
  permissions: ['org:posts:delete', 'org:posts:read', 'org:posts:write'],
};

let count = 0;

/** Signed membership events, each its own delivery of its own member. */
export function signedEvent(secret: string) {
  count += 1;
  const now = Date.now();
  const body = JSON.stringify({
    object: 'event',
    type: 'organizationMembership.created',
    timestamp: now,
    data: {
      object: 'organization_membership',
      id: `orgmem_${process.pid}_${count}`,
      role: ROLE.key,
      role_name: ROLE.name,
      permissions: ROLE.permissions,
      created_at: now,
      updated_at: now,
      public_metadata: {},
      organization: {
        object: 'organization',
        id: `org_${count % 100}`,
        name: 'An organization',
        slug: 'an-organization',
        public_metadata: {},
        created_at: now,
        updated_at: now,
      },
      public_user_data: { user_id: `user_${process.pid}_${count}`, identifier: 'someone@example.com' },
    },
  });
  return { headers: { ...svixHeaders(secret, `msg_${process.pid}_${count}`, now, body) }, body };
}
