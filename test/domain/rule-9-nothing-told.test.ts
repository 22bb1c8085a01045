import { expect, test } from 'vitest';
import { decide, questionsAbout } from '../../src/domain/decide/decide.ts';
import { DEFAULT_CONSEQUENCES } from '../../src/domain/effects.ts';
import { House, member, second } from './support/house.ts';
import { organizationId, userId } from './support/world.ts';

const settings = { now: second(10), consequences: DEFAULT_CONSEQUENCES };
const { tables: nothing } = new House().store;

test('a message that says nothing Rolecall keeps is ignored, and writes nothing', () => {
  const item = { evidence: [], questions: [], observed: false, repeated: false };
  const { items, draft } = decide(nothing, [item], settings);
  expect(items).toEqual([{ verdict: { outcome: 'ignored', reason: 'not_kept' }, changes: [], effects: [] }]);
  expect(draft.memberships.written.size + draft.roleKeys.written.size).toBe(0);
});

test('a message that cannot be read but names somebody asks about them, and moves nothing', () => {
  const questions = questionsAbout(member('viewer', 0));
  const item = { evidence: [], questions, observed: false, repeated: false };
  const { items, draft } = decide(nothing, [item], settings);
  expect(items[0]?.effects).toEqual([
    { kind: 'lookup_member', organizationId: organizationId('acme'), userId: userId('ada') },
  ]);
  expect(items[0]?.changes).toEqual([]);
  expect(draft.memberships.written.size).toBe(0);
});
