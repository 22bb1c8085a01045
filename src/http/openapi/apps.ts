import * as v from 'valibot';
import { parameters as assignable } from '../listing/assignable-roles-route.ts';
import { parameters as invitations } from '../listing/invitations-route.ts';
import { parameters as members } from '../listing/members-route.ts';
import {
  count,
  instant,
  maybe,
  next,
  type Operations,
  organization,
  query,
  revision,
  said,
  scope,
  text,
  user,
} from './operation.ts';

const only = said(v.picklist(['own', 'assigned']), 'Only of what the user owns, or is assigned to.');
const roles = said(v.array(v.strictObject({ role: text, scope })), 'Every role, and where it is held.');
const place = {
  scope_type: 'The type of a resource in the organization. With `scope_id` or not at all.',
  scope_id: 'The id of that resource.',
};
const page = {
  limit: 'Entries on a page, 1 to 500; 100 unless told.',
  cursor: 'Where the page before ended: its `next`.',
};
const keys = v.array(text);

/** What one member holds, as apps and the member are told it. */
export const heldByMember = {
  organization,
  user,
  member: v.boolean(),
  role: said(maybe, 'The role in the organization itself.'),
  roles,
  permissions: v.array(
    v.strictObject({
      permission: text,
      only: v.optional(only),
      scope: v.optional(said(scope, 'Where it is held; the id * is every resource of the type.')),
    }),
  ),
  cutoff: said(v.nullable(instant), 'Tokens issued at or before it are refused.'),
  revision,
};

/** An invitation, as apps and operators are told it. */
export const invitation = v.strictObject({
  id: text,
  email: said(maybe, 'Null once the invitation has ended.'),
  role: text,
  scopes: said(v.array(v.strictObject({ role: text, scope })), 'Roles in resources that come with it.'),
  inviter: maybe,
  inviter_role: said(maybe, 'The inviter’s role when it was sent.'),
  inviter_is_member: v.boolean(),
  status: v.picklist(['pending', 'accepted', 'revoked', 'expired']),
  created_at: instant,
  expires_at: v.nullable(instant),
  findings: v.array(v.picklist(['inviter_may_not_invite', 'inviter_left'])),
});

export const APPS: Operations = {
  'GET /v1/organizations/:organization/members/:user': {
    group: 'Apps',
    title: 'What one user holds in one organization now',
    description: 'Of whoever is no member `member` is false, and nothing is held.',
    by: 'app',
    answer: v.strictObject({
      ...heldByMember,
      pending_invitations: said(count, 'How many that this user sent can still be accepted.'),
    }),
  },
  'GET /v1/organizations/:organization/members': {
    group: 'Apps',
    title: 'Members, in order of their ids',
    by: 'app',
    query: query(members, { role: 'Only those who hold this role there.', ...place, ...page }),
    answer: v.strictObject({
      members: v.array(
        v.strictObject({
          organization,
          user,
          role: text,
          roles,
          since: said(v.nullable(instant), 'When this membership began.'),
          suspended: said(v.boolean(), 'Banned or deprovisioned: a member who may do nothing.'),
        }),
      ),
      next,
      revision,
    }),
  },
  'GET /v1/organizations/:organization/invitations': {
    group: 'Apps',
    title: 'Invitations, the newest first',
    by: 'app',
    query: query(invitations, {
      status: '`pending`: those that can still be accepted; or `all`.',
      inviter: 'Only those that this user sent, who may have left since.',
      ...page,
    }),
    answer: v.strictObject({
      invitations: v.array(invitation),
      next,
      revision,
    }),
  },
  'GET /v1/organizations/:organization/seats': {
    group: 'Apps',
    title: 'How many members are to be paid for',
    by: 'app',
    answer: v.strictObject({
      total: said(count, 'Members.'),
      free: count,
      paid: count,
      by_role: v.record(text, v.strictObject({ members: count, paid: count })),
      revision,
    }),
  },
  'GET /v1/organizations/:organization/assignable-roles': {
    group: 'Apps',
    title: 'Which roles one member may give another one',
    by: 'app',
    query: query(assignable, {
      actor: 'Who would give the role.',
      target: 'Who would get it. Left out: whoever is to be invited.',
      ...place,
    }),
    answer: v.strictObject({
      invite: said(keys, 'Roles in which the actor may invite somebody.'),
      change: said(keys, 'Roles to which the actor may change the target.'),
      remove: said(v.boolean(), 'Whether the actor may remove the target.'),
      revision,
    }),
  },
  'GET /v1/organizations/:organization/findings': {
    group: 'Apps',
    title: 'What does not hold although the policy says so, or could not be read',
    description: 'The first 1000. A token of one organization is not told what concerns them all.',
    by: 'app',
    answer: v.strictObject({
      findings: v.array(
        v.strictObject({
          kind: said(
            text,
            'exactly_one, unknown_role, unreadable_metadata or inviter_may_not_invite; others may come.',
          ),
          user: maybe,
          role: maybe,
          detail: v.record(text, v.unknown()),
          found_at: v.nullable(instant),
        }),
      ),
    }),
  },
  'GET /v1/roles': {
    group: 'Apps',
    title: 'Every role: what it is called, what it grants, and whom its holders may make what',
    by: 'app',
    answer: v.strictObject({
      policy: said(
        v.nullable(v.strictObject({ name: text, version: count })),
        'The active policy; null while the provider’s own roles are all there is.',
      ),
      roles: v.record(
        text,
        v.strictObject({
          scope: said(text, '`organization`, or the type of resource that it is a role in.'),
          title: text,
          description: text,
          badge: v.optional(text),
          givenToCreator: v.optional(v.literal(true)),
          grants: v.array(
            v.strictObject({
              permission: text,
              only: v.optional(only),
              feature: v.optional(said(text, 'Only where the organization has it on.')),
            }),
          ),
          assigns: v.strictObject({ invite: keys, change: keys, remove: keys }),
        }),
      ),
      permissions: said(v.record(text, text), 'Descriptions by key.'),
    }),
  },
};
