import { describe, expect, it } from 'vitest';
import { isOrganizationId, isUserId } from '../../src/domain/ids.ts';
import {
  type Standing,
  type StandingKeys,
  StoreRejected,
  StoreUnavailable,
} from '../../src/pipeline/ports.ts';
import { shareStandings } from '../../src/pipeline/share-standings.ts';

const about = (...users: string[]): StandingKeys => ({
  members: users.map((user) => {
    const organization = 'org_1';
    if (!isOrganizationId(organization) || !isUserId(user)) throw new Error('not an id');
    return [organization, user];
  }),
  agents: [],
  sessions: [],
});
const standing = (revision: number): Standing => ({
  revision,
  scopes: [],
  members: new Map(),
  agents: new Map(),
  sessions: new Map(),
});

/** A store whose readings are answered by hand, in any order. */
function held() {
  const readings: { users: string[]; answer: (standing: Standing) => void; fail: (error: Error) => void }[] =
    [];
  const read = shareStandings(
    (keys) =>
      new Promise((answer, fail) => {
        readings.push({ users: keys.members.map(([, user]) => user), answer, fail });
      }),
  );
  return { read, readings };
}
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('readings that are shared', () => {
  it('a lone one waits for nobody, and those that come meanwhile share the next', async () => {
    const { read, readings } = held();
    const first = read(about('a'));
    const others = [read(about('b')), read(about('c', 'd'))];
    expect(readings.map(({ users }) => users)).toEqual([['a']]);
    readings[0]?.answer(standing(1));
    expect((await first).revision).toBe(1);
    await turn();
    expect(readings.map(({ users }) => users)).toEqual([['a'], ['b', 'c', 'd']]);
    readings[1]?.answer(standing(2));
    // What was read before they asked would not be fresh enough.
    expect((await Promise.all(others)).map(({ revision }) => revision)).toEqual([2, 2]);
  });

  it('of thousands only so many go together that one statement stays small', async () => {
    const { read, readings } = held();
    const first = read(about('a'));
    const many = (name: string) => about(...Array.from({ length: 600 }, (_, n) => `${name}${n}`));
    const others = [read(many('b')), read(many('c'))];
    for (const round of [0, 1, 2]) {
      readings[round]?.answer(standing(round));
      await turn();
    }
    await Promise.all([first, ...others]);
    expect(readings.map(({ users }) => users.length)).toEqual([1, 600, 600]);
  });

  it('what one asked about and the database refuses is told to that one alone', async () => {
    const { read, readings } = held();
    const first = read(about('a'));
    const bad = expect(read(about('bad'))).rejects.toThrow(StoreRejected);
    const good = read(about('good'));
    readings[0]?.answer(standing(1));
    await first;
    await turn();
    readings[1]?.fail(new StoreRejected('refused', 'content'));
    await turn();
    readings[2]?.fail(new StoreRejected('refused', 'content'));
    await turn();
    readings[3]?.answer(standing(2));
    await bad;
    expect((await good).revision).toBe(2);
  });

  it('while the database is away everybody is told, and the next one tries again', async () => {
    const { read, readings } = held();
    const gone = read(about('a'));
    readings[0]?.fail(new StoreUnavailable('away'));
    await expect(gone).rejects.toThrow(StoreUnavailable);
    await turn();
    const again = read(about('a'));
    readings[1]?.answer(standing(3));
    expect((await again).revision).toBe(3);
  });
});
