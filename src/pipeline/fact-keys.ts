import { rolesIn } from '../domain/access.ts';
import type { Evidence } from '../domain/evidence.ts';
import type { OrganizationId, UserId } from '../domain/ids.ts';
import type { FactKeys } from './ports.ts';

type Wanted = {
  -readonly [Key in keyof FactKeys]: FactKeys[Key] extends readonly (infer E)[] ? E[] : boolean;
};

/** Which rows a decision on this evidence starts from. What hangs on them (owners, roles held) comes along. */
export function factKeys(deliveries: readonly string[], evidence: readonly Evidence[]): FactKeys {
  const wanted: Wanted = {
    deliveries: [...deliveries],
    memberships: [],
    pairs: [],
    users: [],
    organizations: [],
    sessions: [],
    invitations: [],
    roleKeys: [],
    catalog: false,
  };
  for (const item of evidence) want(wanted, item);
  return wanted;
}

function want(wanted: Wanted, item: Evidence): void {
  const pair = (of: { readonly organizationId: OrganizationId; readonly userId: UserId }) =>
    wanted.pairs.push([of.organizationId, of.userId]);
  switch (item.kind) {
    case 'membership':
      wanted.memberships.push(item.id);
      // The user matters only to what the membership says of its suspension.
      if (item.userSuspended !== null) wanted.users.push(item.userId);
      wanted.roleKeys.push(...rolesIn(item));
      pair(item);
      break;
    case 'membership-deleted':
      wanted.memberships.push(item.id);
      if (item.identity !== null) pair(item.identity);
      break;
    case 'membership-absent':
      pair(item);
      break;
    case 'user':
    case 'user-deleted':
      wanted.users.push(item.id);
      break;
    case 'organization':
    case 'organization-deleted':
      wanted.organizations.push(item.id);
      break;
    case 'role':
    case 'role-deleted':
    case 'permission':
    case 'permission-deleted':
      wanted.catalog = true;
      break;
    case 'invitation':
      wanted.invitations.push(item.id);
      if (item.inviterId !== null) {
        pair({ organizationId: item.organizationId, userId: item.inviterId });
      }
      break;
    case 'session':
    case 'session-ended':
      wanted.sessions.push(item.id);
      break;
  }
}
