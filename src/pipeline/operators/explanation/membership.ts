import { isAlive } from '../../../domain/access.ts';
import type { MembershipFact } from '../../../domain/facts.ts';
import type { AuditEntry } from '../../ports.ts';
import type { Case } from './case.ts';
import { type Because, because, isoTime, sourceOf } from './trail.ts';

const MEMBERSHIPS = 'organizationMembership';

/** Why somebody has no access whatever the permission; empty for whoever has. */
export function obstacles(one: Case): readonly Because[] {
  return [...deletions(one), ...membershipObstacles(one), ...suspension(one)];
}

const ofUser = (kind: string) => (entry: AuditEntry) => entry.kind === kind && entry.organizationId === null;

function deletions({ question, user, organization, provenance }: Case): Because[] {
  const { organizationId, userId } = question;
  const found: Because[] = [];
  if (organization?.deletedAt != null) {
    const at = organization.deletedAt;
    const source = sourceOf(provenance, ({ kind }) => kind === 'organization_deleted', at, 'organization');
    found.push(
      because('organization_deleted', `${organizationId} was deleted: nobody has access there`, source),
    );
  }
  if (user?.deletedAt != null) {
    const source = sourceOf(provenance, ofUser('user_deleted'), user.deletedAt, 'user');
    found.push(because('user_deleted', `${userId} was deleted: they have access nowhere`, source));
  }
  return found;
}

function suspension({ question, user, provenance }: Case): Because[] {
  if (user?.suspended !== true) return [];
  const source = sourceOf(provenance, ofUser('suspended'), null, 'user');
  return [
    because(
      'suspended',
      `${question.userId} is banned or deprovisioned, and has no permission until that is lifted`,
      source,
    ),
  ];
}

function membershipObstacles(one: Case): Because[] {
  const { membership, provenance, question } = one;
  const { organizationId, userId } = question;
  if (membership === undefined) return neverAMember(one);
  const ofPair = (entry: AuditEntry) =>
    entry.organizationId === organizationId && entry.userId === userId && entry.agentId === null;
  const removal = (entry: AuditEntry) => ofPair(entry) && (entry.kind === 'removed' || entry.cutoff !== null);
  if (membership.deletedAt !== null) {
    const source = sourceOf(provenance, removal, membership.deletedAt, MEMBERSHIPS);
    const text = `${userId} was removed from ${organizationId}: membership ${membership.id} was deleted`;
    return [because('removed', text, source)];
  }
  if (membership.role === null) return [unconfirmed(one, membership)];
  if (!isAlive(membership)) {
    const source = sourceOf(
      provenance,
      (entry) => entry.kind === 'removed' && ofPair(entry),
      null,
      MEMBERSHIPS,
    );
    const text = `Clerk did not list ${userId} in ${organizationId} when it was asked; they are taken for gone until it is told otherwise`;
    return [because('presumed_absent', text, source)];
  }
  if (!membership.contested) return [];
  const source = sourceOf(provenance, ofPair, membership.version?.at ?? null, MEMBERSHIPS);
  const roles = [membership, ...membership.ceiling].map(({ role }) => role).join(' and ');
  const text = `Two truths of the same moment were told (${roles}): there is no access until Clerk says which one holds`;
  return [because('contested', text, source)];
}

/** The last delivery about the pair that was not believed at once. */
function lastHeld({ question, provenance }: Case) {
  const held = provenance.deliveries.find(
    ({ outcome, organizationId }) => outcome === 'held' && organizationId === question.organizationId,
  );
  if (held === undefined) return null;
  const words = ` (last told by delivery ${held.id})`;
  return { delivery: held.id, revision: null, at: held.receivedAt, words };
}

function unconfirmed(one: Case, membership: MembershipFact): Because {
  const roles = membership.ceiling.map(({ role }) => role).join(', ');
  const text = `That ${one.question.userId} joined as ${roles || 'a member'} was told too late to be believed at once; Clerk is asked first`;
  return because('not_confirmed', text, lastHeld(one));
}

function neverAMember({ question, provenance, user, organization }: Case): Because[] {
  const { organizationId, userId } = question;
  const found: Because[] = [];
  const about = provenance.deliveries.filter((delivery) => delivery.organizationId === organizationId);
  if (about.length > 0) {
    const text = `Deliveries named ${userId} in ${organizationId}, and none of them made them a member`;
    found.push(because('never_a_member', text));
  } else {
    found.push(because('never_named', `No delivery ever named ${userId} in ${organizationId}`));
  }
  if (organization === undefined) {
    found.push(
      because('unknown_organization', `Nothing else was ever told of an organization ${organizationId}`),
    );
  }
  if (user === undefined && provenance.deliveries.length === 0) {
    found.push(because('unknown_user', `Nothing else was ever told of a user ${userId}`));
  }
  return found;
}

/** That somebody is a member, in which role and since when. */
export function membershipWords(one: Case): readonly Because[] {
  const { question, access, membership, member, derived, provenance } = one;
  const { organizationId, userId } = question;
  if (membership === undefined || !access.member || access.role === null) return [];
  const since = membership.createdAt === null ? '' : ` since ${isoTime(membership.createdAt)}`;
  const source = sourceOf(
    provenance,
    (entry) => entry.organizationId === organizationId && entry.userId === userId && entry.role !== null,
    membership.version?.at ?? null,
    MEMBERSHIPS,
  );
  const told = because(
    'member',
    `${userId} is a member of ${organizationId}${since}, in the role ${membership.role}, by membership ${membership.id}`,
    source,
  );
  const first =
    derived === null || member === undefined
      ? []
      : [
          because(
            'first_member',
            `${userId} was among the first to join, at ${isoTime(member.firstJoinedAt)}, and by the policy holds ${derived} whatever Clerk says`,
          ),
        ];
  return [told, ...first, ...waiting(one, membership)];
}

function waiting(one: Case, { ceiling, role, contested }: MembershipFact): Because[] {
  if (contested || ceiling.length === 0) return [];
  const newer = ceiling.map((held) => held.role).join(', ');
  const text = `Newer roles (${newer}) were told too late to be believed at once; until Clerk has answered, only what they and ${role} all grant counts`;
  return [because('waiting_for_clerk', text, lastHeld(one))];
}
