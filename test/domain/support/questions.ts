import type { Known, KnownMember } from '../../../src/domain/decide-access.ts';
import type { OrganizationId, UserId } from '../../../src/domain/ids.ts';
import type { Question, Subject } from '../../../src/domain/question.ts';

export const ORGANIZATION = 'org_1' as OrganizationId;
export const ANN = 'user_ann' as UserId;
export const BOB = 'user_bob' as UserId;

export const user = (userId: UserId = ANN): Subject => ({ type: 'user', userId });
export const agent = (actingFor: UserId | null = null, agentId = 'agent_1'): Subject => ({
  type: 'agent',
  agentId,
  actingFor,
});

export const question = (parts: Partial<Question> = {}): Question => ({
  organizationId: ORGANIZATION,
  subject: user(),
  permission: 'posts:read',
  resource: { type: 'post', id: 'post_1' },
  scope: null,
  ownerId: null,
  assignees: [],
  token: null,
  ...parts,
});

export const member = (parts: Partial<KnownMember> = {}): KnownMember => ({
  member: true,
  suspended: false,
  contested: false,
  grants: [{ permission: 'posts:read', only: null, scope: null }],
  cutoff: null,
  ...parts,
});

export const known = (parts: Partial<Known> = {}): Known => ({
  scopes: ['workspace'],
  member: member(),
  agent: undefined,
  session: undefined,
  ...parts,
});
