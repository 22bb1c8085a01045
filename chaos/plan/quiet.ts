import type { Happening } from './steps.ts';

// People apart, seen at the opening and by nobody since: what becomes of them no message tells. Not in the plan of others,
// because rule 8 takes nobody for absent who was heard of within a minute.

const organization = 'org_quiet';
const closing = 'org_closing';
const [joins, leaves, drops, banned, deprovisioned, deleted] = [
  'user_quiet_joins',
  'user_quiet_leaves',
  'user_quiet_drops',
  'user_quiet_banned',
  'user_quiet_deprovisioned',
  'user_quiet_deleted',
];

const members: readonly string[] = [leaves, drops, banned, deprovisioned, deleted];

export const QUIET_OPENING: readonly Happening[] = [
  { do: 'createOrganization', organization },
  { do: 'createOrganization', organization: closing },
  { do: 'createUser', user: joins },
  ...members.flatMap((user): Happening[] => [
    { do: 'createUser', user },
    { do: 'addMember', organization, user, role: 'org:lead' },
    { do: 'signIn', user, session: user.replace('user', 'sess'), organization },
  ]),
  ...[drops, banned].map(
    (user): Happening => ({ do: 'addMember', organization: closing, user, role: 'org:writer' }),
  ),
];

export const QUIET_LOSSES: readonly Happening[] = [
  { do: 'removeMember', organization, user: leaves },
  { do: 'addMember', organization, user: joins, role: 'org:reader' },
  { do: 'changeRole', organization, user: drops, role: 'org:visitor' },
  { do: 'banUser', user: banned },
  { do: 'deprovisionUser', user: deprovisioned },
  { do: 'deleteUser', user: deleted },
  { do: 'deleteOrganization', organization: closing, told: false },
];
