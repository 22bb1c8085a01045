import * as v from 'valibot';
import { BECAUSE_CODES } from '../../pipeline/operators/explanation/codes.ts';
import { AUDIT_CAUSES } from '../../pipeline/ports.ts';
import { parameters as review } from '../operator/access-review-routes.ts';
import { parameters as audit } from '../operator/audit-routes.ts';
import { parameters as explanations } from '../operator/explanation-routes.ts';
import { parameters as organizations } from '../operator/organizations-routes.ts';
import { invitation } from './apps.ts';
import {
  count,
  instant,
  maybe,
  next,
  type Operations,
  organization,
  query,
  said,
  text,
  user,
} from './operation.ts';

const moment = v.nullable(instant);
const page = {
  limit: 'Entries on a page, 1 to 500; 100 unless told.',
  cursor: 'Where the page before ended: its `next`.',
};

const cause = v.strictObject({
  type: said(text, `One of ${AUDIT_CAUSES.join(', ')}.`),
  delivery: v.optional(text),
  replay: v.optional(count),
  reconciliation: v.optional(count),
  policy: said(v.optional(count), 'The version.'),
  hold: said(v.optional(count), 'Which was approved.'),
  by: said(v.optional(text), 'Whoever replayed, reconciled, applied, approved or acted.'),
  reason: v.optional(text),
});

const entry = v.strictObject({
  revision: said(v.nullable(count), 'Of a change; null for what an operator did.'),
  action: said(v.nullable(count), 'The number of what an operator did; null for a change.'),
  kind: said(text, 'Of change, as in `/v1/changes`; or the operator’s action, for example `retry_effect`.'),
  organization: maybe,
  user: maybe,
  agent: maybe,
  role: maybe,
  permissions: said(v.array(text), 'What is held after the change.'),
  cutoff: v.nullable(v.strictObject({ of: text, id: text, at: instant })),
  subject: said(maybe, 'What the action was done to.'),
  cause,
  at: said(instant, 'When it happened, by Clerk’s clock.'),
  recorded_at: said(instant, 'When it took effect here.'),
});

const reviewed = v.strictObject({
  user,
  role: text,
  role_title: said(maybe, 'Null for a role that neither the policy nor Clerk has named.'),
  scopes: said(
    v.array(v.strictObject({ type: text, id: text, role: text })),
    'Roles in resources of the organization.',
  ),
  since: said(moment, 'When this membership began.'),
  permissions: said(
    v.array(text),
    'Everything held now: `permission`, `permission own`, `permission @workspace/ws_1`.',
  ),
  guest: said(v.boolean(), 'The role’s key or title says guest.'),
  suspended: said(v.boolean(), 'Banned or deprovisioned: a member who holds nothing.'),
});

const reason = v.strictObject({
  code: said(text, `Stable. One of ${BECAUSE_CODES.join(', ')}; others may come.`),
  text: said(text, 'The reason in a sentence.'),
  delivery: said(maybe, 'The delivery that told it.'),
  revision: said(v.nullable(count), 'The change that it made.'),
  at: moment,
});

export const AUDIT: Operations = {
  'GET /operator/v1/audit': {
    group: 'Operators',
    title: 'What changed and why, and what operators did, the latest first',
    by: 'operator',
    query: query(audit, {
      organization: 'Only changes of this organization.',
      user: 'Only changes of this user.',
      kind: 'One kind of change, or one action.',
      cause: `One of ${AUDIT_CAUSES.join(', ')}.`,
      from: 'Recorded then or later, RFC 3339 with its offset.',
      to: 'Recorded before, RFC 3339 with its offset.',
      ...page,
    }),
    answer: v.strictObject({ entries: v.array(entry), next }),
  },
  'GET /operator/v1/organizations': {
    group: 'Operators',
    title: 'Organizations, by the beginning of an id or a name',
    by: 'operator',
    query: query(organizations, {
      query: 'The beginning of an id, or of a name in any case; all of them without it.',
      ...page,
    }),
    answer: v.strictObject({
      organizations: v.array(
        v.strictObject({
          organization,
          name: maybe,
          members: said(count, 'As far as they were counted.'),
          more_members: said(v.boolean(), 'There are more than were counted.'),
        }),
      ),
      next,
    }),
  },
  'GET /operator/v1/organizations/:organization/access-review': {
    group: 'Operators',
    title: 'Who has what in an organization, and since when',
    description:
      'Guests first, then whoever has been there longest; behind the last member the invitations that can still be accepted, the newest first.',
    by: 'operator',
    query: query(review, page),
    answer: v.strictObject({
      organization,
      name: said(maybe, 'Null where it was never told, and on pages of invitations alone.'),
      members: v.array(reviewed),
      invitations: v.array(invitation),
      next,
    }),
  },
  'GET /operator/v1/explanations': {
    group: 'Operators',
    title: 'Why somebody may, or may not',
    description: 'Also of whom nothing was ever told.',
    by: 'operator',
    query: query(explanations, {
      user: 'Clerk’s id of the user.',
      organization: 'Clerk’s id of the organization.',
      permission: 'The permission; without it, everything that is known of them there.',
    }),
    answer: v.strictObject({
      user,
      organization,
      permission: maybe,
      answer: said(
        v.nullable(v.boolean()),
        'What `rolecall.has_permission` answers, of the organization itself; null without a permission.',
      ),
      because: said(v.array(reason), 'What decides first; what may change it, last.'),
      role: maybe,
      permissions: v.array(text),
      cutoff: said(moment, 'Tokens issued at or before it are refused.'),
    }),
  },
};
