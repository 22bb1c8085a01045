import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { CompiledPolicy } from '../../src/domain/compiled-policy.ts';
import { decide } from '../../src/domain/decide/decide.ts';
import { decidePolicy } from '../../src/domain/decide/policy.ts';
import { DEFAULT_CONSEQUENCES } from '../../src/domain/effects.ts';
import type { Evidence } from '../../src/domain/evidence.ts';
import { factKeys } from '../../src/pipeline/fact-keys.ts';
import type { Store } from '../../src/pipeline/ports.ts';
import { PROVIDER_POLICY } from '../../src/policy/provider-policy.ts';
import { postgresStatements, type Statements } from '../../src/store/postgres/client.ts';
import { emptyMemory } from '../../src/store/postgres/memory.ts';
import { postgresStore } from '../../src/store/postgres/store.ts';
import { acmeTold, grants, invitation, member, policy, removed, second } from '../domain/support/house.ts';
import { freshDatabase } from '../setup/fresh-database.ts';

// Two decisions on one reading each: whichever commits second has rested on what is not so any more.

const roles = { founder: grants(['found']), viewer: grants(['see'], { featured: { beta: ['try'] } }) };
const founding = policy({ roles, firstMembers: { role: 'founder', count: 1 } });
const featured = policy({ roles, readsOrganizations: true });

let database: Awaited<ReturnType<typeof freshDatabase>>;
let statements: Statements;
let store: Store;
let version = 0;
beforeAll(async () => {
  database = await freshDatabase();
  statements = postgresStatements(database.url, { connections: 1 });
  store = postgresStore(statements, emptyMemory());
});
beforeEach(async () => {
  await activate(policy({}));
});
afterAll(async () => {
  await statements.end();
  await database.drop();
});

const nothing = { deliveries: [], pin: null, policy: null, effects: [], observe: false };

/** Reads and decides now; what it returns commits that, however late. */
async function decided(...evidence: Evidence[]) {
  const reading = await store.read(factKeys([], evidence));
  const items = evidence.map((one) => ({ evidence: [one], questions: [], observed: false, repeated: false }));
  const { draft } = decide(reading.facts, items, { now: second(900), consequences: DEFAULT_CONSEQUENCES });
  const changes = draft.changes.map((change) => ({ change, delivery: null, cause: 'test' }));
  return async () => (await store.commit({ ...nothing, basis: reading.basis, draft, changes })) !== 'moved';
}

async function happens(...evidence: Evidence[]): Promise<void> {
  const commit = await decided(...evidence);
  expect(await commit()).toBe(true);
}

async function activate(compiled: CompiledPolicy): Promise<void> {
  const { facts, basis } = await store.read({ ...factKeys([], []), catalog: true });
  const { draft } = decidePolicy(facts, compiled, second(900));
  const named = { name: 'p', document: PROVIDER_POLICY, digest: `d${version}`, by: 'ops', reason: 'test' };
  const activation = { ...named, expected: version, compiled, approving: null, approvalReason: '' };
  expect(await store.commit({ ...nothing, basis, draft, policy: activation, changes: [] })).not.toBe('moved');
  version += 1;
}

let people = 0;
/** Joins acme at a second of their own: the later the number, the later they joined. */
const joins = (at: number, user: string, role = 'viewer') =>
  member(role, at, { user, id: `mem_${user}`, created: at, at: 800 });
const somebody = () => {
  people += 1;
  return `user_${people}`;
};

test('news of a membership is decided again when another policy was activated meanwhile', async () => {
  const [dead, alive] = [somebody(), somebody()];
  for (const told of [
    removed(800, { id: `mem_${dead}`, created: 1, user: dead }),
    joins(700, alive),
    invitation(800),
  ]) {
    const commit = await decided(told);
    await activate(founding);
    expect(await commit()).toBe(false);
    await happens(told);
    await activate(policy({}));
  }
});

test('a feature that goes off is decided again when it came to matter meanwhile', async () => {
  await happens(acmeTold(800, { features: ['beta'] }));
  const commit = await decided(acmeTold(801));
  await activate(featured);
  expect(await commit()).toBe(false);
  await happens(acmeTold(801));
});

test('news of a member is decided again when a feature of the organization was switched meanwhile', async () => {
  await activate(featured);
  const user = somebody();
  const commit = await decided(joins(700, user));
  await happens(acmeTold(810, { features: ['beta'] }));
  expect(await commit()).toBe(false);
});

test('of two who join at once not both come to be the first', async () => {
  await activate(founding);
  const [a, b] = [somebody(), somebody()];
  const [one, other] = [await decided(joins(-20, a)), await decided(joins(-10, b))];
  expect(await one()).toBe(true);
  expect(await other()).toBe(false);
});

test('what becomes of the first member is decided again when somebody turns out to have joined before', async () => {
  await activate(founding);
  const [first, before] = [somebody(), somebody()];
  await happens(joins(-30, first));
  const commit = await decided(member('editor', 820, { user: first, id: `mem_${first}`, created: -30 }));
  await happens(removed(830, { id: `mem_${before}`, created: -40, user: before }));
  expect(await commit()).toBe(false);
});

test('a deletion that names the membership alone finds its pair, whatever else is in the batch', async () => {
  const [user, other] = [somebody(), somebody()];
  await happens(joins(700, user));
  await happens(removed(850, { id: `mem_${user}`, created: null }), {
    ...invitation(800, 'pending', other),
    id: 'inv_batch',
  });
  const { organizationId, userId } = joins(1, user);
  const asked = { members: [[organizationId, userId] as const], agents: [], sessions: [] };
  const [row] = (await store.readStanding(asked)).members.values();
  expect(row).toMatchObject({ member: false });
});
