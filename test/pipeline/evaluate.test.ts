import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { grantOf } from '../../src/domain/grant.ts';
import { pairKey } from '../../src/domain/ids.ts';
import type { Question } from '../../src/domain/question.ts';
import { evaluate } from '../../src/pipeline/evaluate.ts';
import type { Standing, StandingKeys } from '../../src/pipeline/ports.ts';
import { ANN, agent, BOB, member, ORGANIZATION, question, user } from '../domain/support/questions.ts';

const NOW = 1_795_293_922_500;

/** A store that answers for whom it is asked, with ever later revisions, and notes what it was asked. */
function house(revisions: readonly number[] = [7]) {
  const asked: StandingKeys[] = [];
  const slept: number[] = [];
  const everybody = new Map([
    [
      pairKey(ORGANIZATION, ANN),
      {
        ...member({ grants: ['posts:read', 'posts:read @workspace/ws_1', 'tool:mail'].map(grantOf) }),
        role: 'admin',
        roles: [],
      },
    ],
    [
      pairKey(ORGANIZATION, BOB),
      { ...member({ grants: [grantOf('posts:read own')], cutoff: NOW }), role: 'member', roles: [] },
    ],
  ]);
  const agents = new Map([[`${ORGANIZATION}/agent_1`, { permissions: ['tool:mail', 'tool:search'] }]]);
  const sessions = new Map([['sess_bob', { userId: BOB, ended: false }]]);
  const store = {
    readStanding: (keys: StandingKeys): Promise<Standing> => {
      asked.push(keys);
      const wanted = new Set(keys.members.map(([organization, one]) => pairKey(organization, one)));
      const wantedAgents = new Set(keys.agents.map((key) => key.join('/')));
      return Promise.resolve({
        revision: revisions[Math.min(asked.length, revisions.length) - 1] ?? 0,
        scopes: ['workspace'],
        members: new Map([...everybody].filter(([key]) => wanted.has(key))),
        agents: new Map([...agents].filter(([key]) => wantedAgents.has(key))),
        sessions: new Map([...sessions].filter(([key]) => keys.sessions.includes(key))),
      });
    },
  };
  const sleep = (ms: number) => Promise.resolve(void slept.push(ms));
  return { asked, slept, evaluator: { store, sleep, clock: { now: () => NOW } } };
}

const decisions = async (questions: readonly Question[]) => {
  const evaluated = await evaluate(house().evaluator, questions, 0);
  if (evaluated === 'not_yet') throw new Error('there was nothing to wait for');
  return questions.map((one) => evaluated.decisionOn(one));
};

test('a batch is read in one go, everybody in it once', async () => {
  const { asked, evaluator } = house();
  const token = { sessionId: 'sess_bob', issuedAt: NOW };
  const questions = [
    question(),
    question({ permission: 'posts:write' }),
    question({ subject: user(BOB), token }),
    question({ subject: agent(BOB), token }),
    question({ subject: agent() }),
    question({ token: 'unreadable' }),
  ];
  await evaluate(evaluator, questions, 0);
  expect(asked).toEqual([
    {
      members: [
        [ORGANIZATION, ANN],
        [ORGANIZATION, BOB],
      ],
      agents: [[ORGANIZATION, 'agent_1']],
      sessions: ['sess_bob'],
    },
  ]);
});

test('a question that was not read for is denied', async () => {
  const evaluated = await evaluate(house().evaluator, [question()], 0);
  if (evaluated === 'not_yet') throw new Error('there was nothing to wait for');
  expect(evaluated.decisionOn(question()).allowed).toBe(true);
  expect(evaluated.decisionOn(question({ subject: user(BOB), ownerId: BOB })).allowed).toBe(false);
});

describe('a revision that the answer must contain', () => {
  it('is not waited for where it is there', async () => {
    for (const wanted of [0, 6, 7]) {
      const { asked, slept, evaluator } = house([7]);
      expect(await evaluate(evaluator, [question()], wanted)).toMatchObject({ revision: 7 });
      expect([asked.length, slept]).toEqual([1, []]);
    }
  });

  it('is waited for, and the answer is that of the reading which had it', async () => {
    const { asked, slept, evaluator } = house([7, 7, 9]);
    expect(await evaluate(evaluator, [question()], 8)).toMatchObject({ revision: 9 });
    expect([asked.length, slept.length]).toEqual([3, 2]);
  });

  it('is waited for a second and a half and no longer, as our own client gives up after two', async () => {
    const { asked, slept, evaluator } = house([7]);
    expect(await evaluate(evaluator, [question()], 8)).toBe('not_yet');
    expect(slept.reduce((sum, ms) => sum + ms, 0)).toBe(1_500);
    expect(asked).toHaveLength(slept.length + 1);
  });
});

const anyQuestion: fc.Arbitrary<Question> = fc
  .record({
    subject: fc.constantFrom(user(), user(BOB), agent(), agent(ANN), agent(BOB), agent(null, 'agent_2')),
    permission: fc.constantFrom('posts:read', 'posts:write', 'tool:mail', 'tool:search'),
    scope: fc.constantFrom(null, { type: 'workspace', id: 'ws_1' }, { type: 'workspace', id: 'ws_2' }),
    ownerId: fc.constantFrom(null, ANN, BOB, 'agent_1'),
    token: fc.constantFrom(
      null,
      'unreadable' as const,
      { sessionId: 'sess_bob', issuedAt: NOW },
      { sessionId: 'sess_bob', issuedAt: NOW + 1_000 },
      { sessionId: 'sess_new', issuedAt: NOW + 1_000 },
    ),
  })
  .map(question);

test('a question is answered alike alone, in a batch, and wherever it stands in one', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyQuestion, { minLength: 1, maxLength: 12 }), async (questions) => {
      const batch = await decisions(questions);
      const turned = await decisions(questions.toReversed());
      const alone = await Promise.all(questions.map(async (one) => (await decisions([one]))[0]));
      expect(batch).toEqual(turned.toReversed());
      expect(batch).toEqual(alone);
    }),
  );
});

test('an agent that acts for a user is never allowed what that user is not', async () => {
  await fc.assert(
    fc.asyncProperty(anyQuestion, async (drawn) => {
      const [forAnn, ann] = await decisions([
        { ...drawn, ownerId: null, subject: agent(ANN) },
        { ...drawn, ownerId: null, subject: user(ANN) },
      ]);
      expect(forAnn?.allowed === true && ann?.allowed !== true).toBe(false);
    }),
  );
});
