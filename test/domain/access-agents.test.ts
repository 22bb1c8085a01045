import { describe, expect, it } from 'vitest';
import { decideAccess, type KnownMember } from '../../src/domain/decide-access.ts';
import { grantOf } from '../../src/domain/grant.ts';
import type { Question } from '../../src/domain/question.ts';
import { ANN, agent, BOB, known, member, question } from './support/questions.ts';

const NOW = 1_795_293_922_500;
const MAIL = 'tool:mail';
const missing = { allowed: false, reason: 'missing_permission' };

const alone = (tools: readonly string[], asked: Partial<Question> = {}) =>
  decideAccess(
    question({ subject: agent(), permission: MAIL, ...asked }),
    known({ member: undefined, agent: { permissions: tools } }),
    NOW,
  );

const forAnn = (
  tools: readonly string[],
  grants: readonly string[],
  asked: Partial<Question> = {},
  held: Partial<KnownMember> = {},
) =>
  decideAccess(
    question({ subject: agent(ANN), permission: MAIL, ...asked }),
    known({ member: member({ grants: grants.map(grantOf), ...held }), agent: { permissions: tools } }),
    NOW,
  );

describe('an agent for itself', () => {
  it('may use the tools of its list and no other', () => {
    expect(alone([MAIL])).toEqual({ allowed: true });
    expect(alone(['tool:search'])).toEqual(missing);
    expect(alone([])).toEqual(missing);
    expect(alone(['tool:*', 'tool:', '*'])).toEqual(missing);
  });

  it('is denied where the organization has no such agent', () => {
    const nobody = known({ agent: undefined });
    expect(decideAccess(question({ subject: agent() }), nobody, NOW)).toEqual({
      allowed: false,
      reason: 'not_an_agent',
    });
    expect(decideAccess(question({ subject: agent(ANN) }), nobody, NOW)).toEqual({
      allowed: false,
      reason: 'not_an_agent',
    });
  });

  it('holds nothing inside a scope: its list names tools, not places', () => {
    expect(alone([MAIL], { scope: { type: 'workspace', id: 'ws_1' } })).toEqual(missing);
    expect(alone([MAIL], { resource: { type: 'workspace', id: 'ws_1' } })).toEqual(missing);
  });

  it('shows no session token: one that is shown belongs to somebody else', () => {
    const token = { sessionId: 'sess_1', issuedAt: NOW };
    expect(alone([MAIL], { token })).toEqual({ allowed: false, reason: 'invalid_token' });
    expect(alone([MAIL], { token: 'unreadable' })).toEqual({ allowed: false, reason: 'invalid_token' });
  });
});

describe('an agent that acts for a user', () => {
  it('may do what both may, and nothing that one of them may not', () => {
    expect(forAnn([MAIL], [MAIL])).toEqual({ allowed: true });
    expect(forAnn([MAIL], ['tool:search'])).toEqual(missing);
    expect(forAnn(['tool:search'], [MAIL])).toEqual(missing);
    expect(forAnn([], [MAIL])).toEqual(missing);
  });

  it('may do nothing that is no tool, whatever the user may', () => {
    expect(forAnn([MAIL], ['posts:read'], { permission: 'posts:read' })).toEqual(missing);
  });

  it('stops with that user', () => {
    const denied = (reason: string) => ({ allowed: false, reason });
    expect(forAnn([MAIL], [MAIL], {}, { member: false })).toEqual(denied('not_a_member'));
    expect(forAnn([MAIL], [MAIL], {}, { suspended: true })).toEqual(denied('suspended'));
    expect(forAnn([MAIL], [MAIL], {}, { contested: true })).toEqual(denied('contested'));
    const unheard = known({ member: undefined, agent: { permissions: [MAIL] } });
    const asked = question({ subject: agent(BOB), permission: MAIL });
    expect(decideAccess(asked, unheard, NOW)).toEqual(denied('not_a_member'));
  });

  it('stops with the token of that user', () => {
    const token = { sessionId: 'sess_1', issuedAt: NOW - 10_000 };
    expect(forAnn([MAIL], [MAIL], { token })).toEqual({ allowed: true });
    expect(forAnn([MAIL], [MAIL], { token }, { cutoff: NOW })).toEqual({
      allowed: false,
      reason: 'token_cut_off',
    });
  });

  it('goes where the user may go', () => {
    const scope = { type: 'workspace', id: 'ws_1' };
    expect(forAnn([MAIL], [`${MAIL} @workspace/ws_1`], { scope })).toEqual({ allowed: true });
    expect(forAnn([MAIL], [`${MAIL} @workspace/ws_2`], { scope })).toEqual(missing);
    expect(forAnn([MAIL], [MAIL], { scope })).toEqual(missing);
  });

  it('owns, and is assigned to, what it or the user owns and is assigned to', () => {
    for (const [id, allowed] of [
      [ANN, true],
      ['agent_1', true],
      [BOB, false],
      ['agent_2', false],
    ] as const) {
      expect(forAnn([MAIL], [`${MAIL} own`], { ownerId: id }).allowed, id).toBe(allowed);
      expect(forAnn([MAIL], [`${MAIL} assigned`], { assignees: [id] }).allowed, id).toBe(allowed);
    }
    expect(forAnn([MAIL], [`${MAIL} own`])).toEqual(missing);
  });
});
