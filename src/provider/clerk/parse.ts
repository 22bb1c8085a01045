import * as v from 'valibot';
import type { OwedEffect } from '../../domain/effects.ts';
import type { Evidence } from '../../domain/evidence.ts';
import type { Content, Delivery } from '../../pipeline/ports.ts';
import {
  invitationSnapshot,
  membershipDeleted,
  membershipSnapshot,
  organizationSnapshot,
  roleSnapshot,
  userSnapshot,
} from './evidence.ts';
import * as shapes from './shapes.ts';
import type { VerifiedMessage } from './verify.ts';

type Parsed = Pick<Delivery, 'type' | 'at' | 'instanceId' | 'organizationId' | 'userId' | 'content'>;

export const NOTHING_READ = {
  type: null,
  at: null,
  instanceId: null,
  organizationId: null,
  userId: null,
} as const;

/** What a proved message says. Never throws: what cannot be read is content of its own kind. */
export function parseMessage(message: VerifiedMessage): Parsed {
  const json = parseJson(message.text);
  if (json === undefined) return { ...NOTHING_READ, content: malformed('not_json') };
  const envelope = v.safeParse(shapes.envelope, json);
  if (!envelope.success) return brokenEnvelope(json, `malformed ${pathOf(envelope.issues)}`);
  const { type, timestamp: at, instance_id: instanceId, data } = envelope.output;
  const head = { ...NOTHING_READ, type, at, instanceId: instanceId ?? null };
  const reader = READERS.get(type);
  if (reader === undefined) return { ...head, content: { kind: 'unknown' } };
  const content = reader.read(data, at);
  return { ...head, ...subjectOf(data, content), content };
}

/** A type that is not known stays so in a broken envelope: its one-time codes are not kept for their envelope's sake. */
function brokenEnvelope(json: unknown, problem: string): Parsed {
  const broken = v.safeParse(shapes.brokenEnvelope, json);
  if (!broken.success) return { ...NOTHING_READ, content: malformed(problem) };
  const { type, timestamp: at, instance_id: instanceId, data } = broken.output;
  const head = { ...NOTHING_READ, type, at, instanceId: instanceId ?? null };
  if (type === null) return { ...head, content: malformed(problem) };
  const reader = READERS.get(type);
  if (reader === undefined) return { ...head, content: { kind: 'unknown' } };
  const content = malformed(problem, reader.questions(data));
  return { ...head, ...subjectOf(data, content), content };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

interface Reader {
  read(data: unknown, at: number): Content;
  /** What to ask the provider when the message cannot be read. */
  questions(data: unknown): OwedEffect[];
}

function reader<Schema extends v.GenericSchema>(
  schema: Schema,
  evidence: (data: v.InferOutput<Schema>, at: number) => readonly Evidence[],
  questions: Reader['questions'] = () => [],
): Reader {
  return {
    read(data, at) {
      const parsed = v.safeParse(schema, data);
      return parsed.success
        ? { kind: 'evidence', evidence: evidence(parsed.output, at) }
        : malformed(`malformed data.${pathOf(parsed.issues)}`, questions(data));
    },
    questions,
  };
}

const startedSession = reader(shapes.session, ({ id, user_id: userId }, at) => [
  { kind: 'session', id, userId, at },
]);
const endedSession = reader(shapes.session, ({ id, user_id: userId }, at) => [
  { kind: 'session-ended', id, userId, at },
]);
const invitation = (ended: 'accepted' | 'revoked' | null) =>
  reader(shapes.invitation, (data, at) => [invitationSnapshot(data, ended, at)]);
const permission = reader(
  shapes.permission,
  ({ id, key, created_at: createdAt }, at) => [{ kind: 'permission', id, key, createdAt, at }],
  aboutRoles,
);
const organization = (how: 'created' | 'updated') =>
  reader(shapes.organization, (data, at) => [organizationSnapshot(data, how, at)], aboutOrganization);

const READERS: ReadonlyMap<string, Reader> = new Map([
  [
    'organizationMembership.created',
    reader(shapes.membership, (d, at) => [membershipSnapshot(d, 'created', at)], aboutMember),
  ],
  [
    'organizationMembership.updated',
    reader(shapes.membership, (d, at) => [membershipSnapshot(d, 'updated', at)], aboutMember),
  ],
  [
    'organizationMembership.deleted',
    reader(shapes.deletedMembership, (d, at) => [membershipDeleted(d, at)], aboutMember),
  ],
  ['organization.created', organization('created')],
  ['organization.updated', organization('updated')],
  [
    'organization.deleted',
    reader(shapes.deletedOrganization, ({ id }, at) => [{ kind: 'organization-deleted', id, at }]),
  ],
  ['user.created', reader(shapes.user, (d, at) => [userSnapshot(d, 'created', at)], aboutUser)],
  ['user.updated', reader(shapes.user, (d, at) => [userSnapshot(d, 'updated', at)], aboutUser)],
  ['user.deleted', reader(shapes.deletedUser, ({ id }, at) => [{ kind: 'user-deleted', id, at }])],
  ['role.created', reader(shapes.role, (d, at) => [roleSnapshot(d, 'created', at)], aboutRoles)],
  ['role.updated', reader(shapes.role, (d, at) => [roleSnapshot(d, 'updated', at)], aboutRoles)],
  [
    'role.deleted',
    reader(shapes.deletedObject, ({ id }, at) => [{ kind: 'role-deleted', id, at }], aboutRoles),
  ],
  ['permission.created', permission],
  ['permission.updated', permission],
  [
    'permission.deleted',
    reader(shapes.deletedObject, ({ id }, at) => [{ kind: 'permission-deleted', id, at }], aboutRoles),
  ],
  ['session.created', startedSession],
  ['session.pending', startedSession],
  ['session.ended', endedSession],
  ['session.removed', endedSession],
  ['session.revoked', endedSession],
  ['organizationInvitation.created', invitation(null)],
  ['organizationInvitation.accepted', invitation('accepted')],
  ['organizationInvitation.revoked', invitation('revoked')],
]);

function malformed(problem: string, questions: readonly OwedEffect[] = []): Content {
  return { kind: 'malformed', problem, questions };
}

function aboutMember(data: unknown): OwedEffect[] {
  const { organizationId, userId } = namedIn(data);
  return organizationId === null || userId === null
    ? []
    : [{ kind: 'lookup_member', organizationId, userId }];
}

/** It may have been the ban. */
function aboutUser(data: unknown): OwedEffect[] {
  const parsed = v.safeParse(shapes.deletedUser, data);
  return parsed.success ? [{ kind: 'lookup_user', userId: parsed.output.id }] : [];
}

/** It may have been the loss of a feature. */
function aboutOrganization(data: unknown): OwedEffect[] {
  const parsed = v.safeParse(shapes.deletedOrganization, data);
  return parsed.success ? [{ kind: 'lookup_organization', organizationId: parsed.output.id }] : [];
}

/** It may have been the loss of a permission, for all who hold it. */
function aboutRoles(): OwedEffect[] {
  return [{ kind: 'lookup_roles' }];
}

function namedIn(data: unknown) {
  const parsed = v.safeParse(shapes.named, data);
  return {
    organizationId: (parsed.success ? parsed.output.organization?.id : null) ?? null,
    userId: (parsed.success ? parsed.output.public_user_data?.user_id : null) ?? null,
  };
}

function acceptedBy(data: unknown): string | null {
  const parsed = v.safeParse(shapes.accepted, data);
  return (parsed.success ? parsed.output.user_id : null) ?? null;
}

/** Whom the message is about: from what was understood, else from what can be made out. */
function subjectOf(
  data: unknown,
  content: Content,
): { organizationId: string | null; userId: string | null } {
  const first = content.kind === 'evidence' ? content.evidence[0] : undefined;
  const asked = content.kind === 'malformed' ? content.questions[0] : undefined;
  if (asked?.kind === 'lookup_user') return { organizationId: null, userId: asked.userId };
  if (asked?.kind === 'lookup_organization') return { organizationId: asked.organizationId, userId: null };
  switch (first?.kind) {
    case 'user':
    case 'user-deleted':
      return { organizationId: null, userId: first.id };
    case 'organization':
    case 'organization-deleted':
      return { organizationId: first.id, userId: null };
    case 'invitation':
      // Whoever accepted it is whose address it holds, and with whom it is forgotten.
      return { organizationId: first.organizationId, userId: acceptedBy(data) ?? first.inviterId };
    case 'session':
    case 'session-ended':
      return { organizationId: null, userId: first.userId };
    case undefined:
    case 'membership':
    case 'membership-deleted':
    case 'membership-absent':
    case 'role':
    case 'role-deleted':
    case 'permission':
    case 'permission-deleted':
      return namedIn(data);
  }
}

/** Where the first problem lies. Only names that the shapes know: nothing of the message itself. */
function pathOf(issues: readonly [v.BaseIssue<unknown>, ...v.BaseIssue<unknown>[]]): string {
  return issues[0].path?.map((step) => String(step.key)).join('.') ?? 'data';
}
