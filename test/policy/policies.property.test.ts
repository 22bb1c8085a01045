import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Grant, PolicyError, type ResolvedPolicy, resolvePolicy } from '../../src/policy/index.ts';
import { problemsOf } from './support/policies.ts';

const ROLES = ['a', 'b', 'c', 'd', 'e', 'f'];
const PERMISSIONS = ['P', 'p', 'p.x', 'p:x', 'p_x', 'p-x', 'q', 'Q', 'tools', 'a', 'a.a', 'z'];

const grant = fc
  .record({
    permission: fc.constantFrom(...PERMISSIONS),
    only: fc.constantFrom(undefined, undefined, 'own', 'assigned'),
    feature: fc.constantFrom(undefined, 'beta'),
  })
  .map(({ permission, only, feature }) =>
    only === undefined && feature === undefined
      ? permission
      : {
          permission,
          ...(only === undefined ? {} : { only }),
          ...(feature === undefined ? {} : { feature }),
        },
  );

interface Drawn {
  readonly key: string;
  readonly includes: readonly string[];
  readonly can: readonly unknown[];
  readonly assigns: readonly string[];
}

/** Roles that include only roles after them, so that there is no circle. */
const roles: fc.Arbitrary<Drawn[]> = fc.tuple(
  ...ROLES.map((key, index) =>
    fc.record({
      key: fc.constant(key),
      includes: fc.subarray(ROLES.slice(index + 1)),
      can: fc.uniqueArray(grant, { maxLength: 3, selector: (one) => JSON.stringify(one) }),
      assigns: fc.subarray(ROLES),
    }),
  ),
);

/** The first role is the creator's and assigns everybody; extending the provider allows roles that grant nothing. */
const definitionOf = (drawn: readonly Drawn[]): Record<string, unknown> => ({
  name: 'drawn',
  extends: 'provider',
  permissions: Object.fromEntries([...PERMISSIONS].reverse().map((key) => [key, `May ${key}`])),
  ...(JSON.stringify(drawn).includes('beta') ? { features: { beta: 'Beta' } } : {}),
  roles: Object.fromEntries(
    drawn.map(({ key, includes, can, assigns }) => [
      key,
      {
        title: key,
        description: key,
        ...(key === 'a' ? { givenToCreator: true, assigns: ROLES } : assigns.length > 0 ? { assigns } : {}),
        ...(includes.length > 0 ? { includes } : {}),
        ...(can.length > 0 ? { can } : {}),
      },
    ]),
  ),
});

/** The policy, or null when a drawn condition restricts nothing. */
const resolved = (definition: unknown): ResolvedPolicy | null => {
  try {
    return resolvePolicy(definition);
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    expect(error.problems.filter((one) => !one.includes('restricts nothing'))).toEqual([]);
    return null;
  }
};

const allows = (grants: readonly Grant[], wanted: Grant): boolean =>
  grants.some(
    (one) =>
      one.permission === wanted.permission &&
      (one.only === undefined || one.only === wanted.only) &&
      (one.feature === undefined || one.feature === wanted.feature),
  );

test('a role allows all that its included roles and its own lines allow, and nothing else', () => {
  fc.assert(
    fc.property(roles, (drawn) => {
      const policy = resolved(definitionOf(drawn));
      for (const { key, includes, can } of policy === null ? [] : drawn) {
        const sources = [
          ...includes.flatMap((other) => policy?.roles[other]?.grants ?? []),
          ...can.map((one) => (typeof one === 'string' ? { permission: one } : (one as Grant))),
        ];
        const held = policy?.roles[key]?.grants ?? [];
        expect(sources.filter((one) => !allows(held, one))).toEqual([]);
        expect(held.filter((one) => !allows(sources, one))).toEqual([]);
      }
    }),
  );
});

test('a resolved policy written down as a definition resolves to itself', () => {
  fc.assert(
    fc.property(roles, (drawn) => {
      const policy = resolved(definitionOf(drawn));
      if (policy === null) return;
      const { scopes: _, constraints: __, seats: ___, ...rest } = policy;
      const flat = Object.entries(policy.roles).map(([key, { scope, grants, assigns, ...role }]) => [
        key,
        {
          ...role,
          scope,
          ...(grants.length === 0
            ? {}
            : { can: grants.map((one) => (Object.keys(one).length > 1 ? one : one.permission)) }),
          assigns: Object.fromEntries(Object.entries({ ...assigns }).filter(([, list]) => list.length > 0)),
        },
      ]);
      expect(resolvePolicy({ ...rest, roles: Object.fromEntries(flat) as unknown })).toEqual(policy);
    }),
  );
});

test('the order in which a policy is written leaves no trace', () => {
  fc.assert(
    fc.property(roles, fc.infiniteStream(fc.nat()), (drawn, dice) => {
      const shuffled = <Item>(items: readonly Item[]): Item[] =>
        items
          .map((item) => ({ item, at: Number(dice.next().value) }))
          .sort((a, b) => a.at - b.at)
          .map(({ item }) => item);
      const again = shuffled(drawn).map((role) => ({
        ...role,
        includes: shuffled(role.includes),
        can: shuffled(role.can),
        assigns: shuffled(role.assigns),
      }));
      expect(JSON.stringify(resolved(definitionOf(again)))).toBe(
        JSON.stringify(resolved(definitionOf(drawn))),
      );
    }),
  );
});

test('everything in a resolved policy is sorted by code units', () => {
  fc.assert(
    fc.property(roles, (drawn) => {
      const policy = resolved(definitionOf(drawn));
      for (const { grants, assigns } of Object.values(policy?.roles ?? {})) {
        const permissions = grants.map(({ permission }) => permission);
        for (const list of [permissions, ...(Object.values(assigns) as string[][])]) {
          expect(list).toEqual([...list].sort());
        }
      }
    }),
  );
});

test('a circle is found exactly when there is one, with a path that can be walked', () => {
  const anyIncludes = fc.tuple(...ROLES.map(() => fc.subarray(ROLES, { maxLength: 2 })));
  fc.assert(
    fc.property(anyIncludes, (includes) => {
      const edges = new Map(ROLES.map((key, index) => [key, includes[index] ?? []]));
      const drawn = ROLES.map((key) => ({ key, includes: edges.get(key) ?? [], can: ['p'], assigns: [] }));
      const problems = problemsOf(definitionOf(drawn));
      expect(problems.length > 0).toBe(ROLES.some((key) => reachedFrom(edges, key).has(key)));
      for (const problem of problems) {
        const path = problem.split(': goes round in a circle: ')[1]?.split(' → ') ?? [];
        expect(path.length).toBeGreaterThan(1);
        expect(path.at(-1)).toBe(path[0]);
        path.slice(1).forEach((next, index) => {
          expect(edges.get(path[index] ?? '')).toContain(next);
        });
      }
    }),
  );
});

const reachedFrom = (edges: ReadonlyMap<string, readonly string[]>, start: string): Set<string> => {
  const reached = new Set(edges.get(start));
  for (const key of reached) for (const next of edges.get(key) ?? []) reached.add(next);
  return reached;
};
