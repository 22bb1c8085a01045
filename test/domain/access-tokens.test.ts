import { expect, test } from 'vitest';
import { decideAccess } from '../../src/domain/decide-access.ts';
import type { Question } from '../../src/domain/question.ts';
import { ANN, BOB, known, member, question } from './support/questions.ts';

const SECOND = 1_795_293_922_000;
const NOW = SECOND + 500;
const cutOff = { allowed: false, reason: 'token_cut_off' };
const invalid = { allowed: false, reason: 'invalid_token' };
const allowed = { allowed: true };

const decide = (
  issuedAt: number,
  {
    cutoff = null as number | null,
    session = undefined as { userId: typeof ANN; ended: boolean } | undefined,
  } = {},
) => {
  const asked: Question = question({ token: { sessionId: 'sess_1', issuedAt } });
  return decideAccess(asked, known({ member: member({ cutoff }), session }), NOW);
};

test.each([
  ['a second before', SECOND - 1_000, cutOff],
  ['in the same second, before', SECOND, cutOff],
  ['in the same second, after: its time is told in whole ones', SECOND + 999, cutOff],
  ['a second after', SECOND + 1_000, allowed],
])('a token issued %s the cutoff', (_, issuedAt, expected) => {
  expect(decide(issuedAt, { cutoff: SECOND + 300 })).toEqual(expected);
});

test('a cutoff on the very second refuses that second', () => {
  expect(decide(SECOND, { cutoff: SECOND })).toEqual(cutOff);
  expect(decide(SECOND + 1_000, { cutoff: SECOND })).toEqual(allowed);
});

test('without a cutoff every token that could be real is honoured', () => {
  expect(decide(0)).toEqual(allowed);
  expect(decide(NOW)).toEqual(allowed);
});

test('clocks may differ by a minute, and not by more', () => {
  expect(decide(NOW + 60_000)).toEqual(allowed);
  expect(decide(NOW + 60_001)).toEqual(invalid);
});

test('a session that ended is refused for ever, one of somebody else at once, an unheard one is not', () => {
  expect(decide(NOW, { session: { userId: ANN, ended: false } })).toEqual(allowed);
  expect(decide(NOW, { session: { userId: ANN, ended: true } })).toEqual(cutOff);
  expect(decide(NOW, { session: { userId: BOB, ended: false } })).toEqual(invalid);
  expect(decide(NOW, { session: { userId: BOB, ended: true } })).toEqual(invalid);
  expect(decide(NOW)).toEqual(allowed);
});

test('a token that could not be read denies, and no token asks for no cutoff', () => {
  const held = known({ member: member({ cutoff: NOW }) });
  expect(decideAccess(question({ token: 'unreadable' }), held, NOW)).toEqual(invalid);
  expect(decideAccess(question({ token: null }), held, NOW)).toEqual(allowed);
});

test('a token that is honoured gives no permission', () => {
  const asked = question({ permission: 'posts:write', token: { sessionId: 'sess_1', issuedAt: NOW } });
  expect(decideAccess(asked, known(), NOW)).toEqual({ allowed: false, reason: 'missing_permission' });
});
