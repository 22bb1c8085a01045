import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PolicyError, resolvePolicy } from '../../src/policy/index.ts';
import { asker } from './support/authzen.ts';
import { activate, teller } from './support/policies.ts';
import { type Running, startRolecall } from './support/rolecall.ts';
import { ACTION, evaluated, RESOURCE, SUBJECT, searched } from './support/search.ts';

// Whatever the policy and whoever is in which role: what a search answers is what evaluation allows, and all of it.

const ORGANIZATIONS = ['org_1', 'org_2'];
const ROLES = ['org:admin', 'org:member', 'org:editor'];
const RESOURCES = ['ws_1', 'ws_2', 'ws_3'];
const PERMISSIONS = ['see', 'edit', 'run', 'tool:mail', 'tool:search'];
const AGENTS = ['bot_1', 'bot_2'];
const USERS = Array.from({ length: 9 }, (_, index) => `user_${index}`);

let rolecall: Running;
let ask: ReturnType<typeof asker>;
let tell: ReturnType<typeof teller>;
beforeAll(async () => {
  rolecall = await startRolecall();
  ask = asker(rolecall.url);
  tell = teller(rolecall);
  const { clerk } = rolecall;
  clerk.defineRole('org:editor', 'Editor', ['org:posts:edit']);
  for (const id of USERS) clerk.createUser({ id });
  const agents = {
    bot_1: { tools: { allowed: ['mail', 'search'] } },
    bot_2: { tools: { allowed: ['mail'] } },
  };
  clerk.createOrganization({ id: 'org_1', publicMetadata: { agents, features: ['beta'] } });
  clerk.createOrganization({ id: 'org_2', publicMetadata: { agents: { bot_2: agents.bot_2 } } });
  for (const [index, user] of USERS.entries()) {
    const [first = '', second = ''] = [ROLES[index % 3], ROLES[(index + 1) % 3]];
    const workspaces = Object.fromEntries(
      RESOURCES.slice(0, index % 3).map((id, place) => [id, place % 2 === 0 ? 'WS_A' : 'WS_B']),
    );
    clerk.addMember('org_1', user, first, { publicMetadata: { workspaces } });
    if (index % 2 === 0)
      clerk.addMember('org_2', user, second, { publicMetadata: { workspaces: { ws_3: 'WS_A' } } });
  }
  clerk.banUser('user_7');
  clerk.removeMember('org_1', 'user_5');
  clerk.addMember('org_1', 'user_5', 'org:admin');
  clerk.removeMember('org_1', 'user_8');
  await tell();
});
afterAll(() => rolecall.stop());

const grant = fc
  .record({
    permission: fc.constantFrom(...PERMISSIONS),
    only: fc.constantFrom(undefined, undefined, 'own', 'assigned'),
    feature: fc.constantFrom(undefined, undefined, 'beta'),
  })
  .map(({ permission, only, feature }) => ({
    permission,
    ...(only === undefined ? {} : { only }),
    ...(feature === undefined ? {} : { feature }),
  }));
const can = fc.uniqueArray(grant, { minLength: 1, maxLength: 4, selector: ({ permission }) => permission });

const policy = fc
  .record({
    grants: fc.tuple(can, can, can, can, can),
    reaches: fc.boolean(),
    onTop: fc.boolean(),
    first: fc.boolean(),
  })
  .map(({ grants, reaches, onTop, first }) => ({
    name: 'drawn',
    ...(onTop ? { extends: 'provider' } : {}),
    scopes: { workspace: { description: 'One', organizationRolesReach: reaches } },
    permissions: { see: 'See', edit: 'Edit', run: 'Run' },
    agents: { tools: { mail: 'Mail', search: 'Search' } },
    features: { beta: 'Beta' },
    roles: Object.fromEntries(
      [...ROLES, 'WS_A', 'WS_B'].map((key, index) => [
        key,
        {
          title: key,
          description: key,
          can: grants[index],
          ...(key === 'org:admin' ? { givenToCreator: true, assigns: ROLES } : {}),
          ...(key.startsWith('WS') ? { scope: 'workspace' } : {}),
        },
      ]),
    ),
    ...(first ? { constraints: [{ firstMembersBecome: 'org:editor', count: 2 }] } : {}),
  }))
  .filter((definition) => {
    try {
      resolvePolicy({ ...definition });
      return true;
    } catch (error) {
      if (error instanceof PolicyError) return false;
      throw error;
    }
  });

const questions = fc.record({
  subject: fc.constantFrom<{ type: string; id: string; properties?: object }>(
    ...USERS.map((id) => ({ type: 'user', id })),
    ...AGENTS.map((id) => ({ type: 'agent', id })),
    { type: 'agent', id: 'bot_1', properties: { acting_for: 'user_4' } },
    { type: 'agent', id: 'bot_2', properties: { acting_for: 'user_7' } },
  ),
  permission: fc.constantFrom(...PERMISSIONS, 'org:posts:edit'),
  type: fc.constantFrom('organization', 'workspace', 'post'),
  organization: fc.constantFrom(...ORGANIZATIONS),
  place: fc.constantFrom(...RESOURCES),
  owner: fc.constantFrom(undefined, 'user_1', 'user_4', 'bot_1'),
  assignees: fc.constantFrom(undefined, ['user_2', 'user_8', 'bot_2']),
  inWorkspace: fc.boolean(),
  limit: fc.constantFrom(1, 2, 100),
});

type Drawn = typeof questions extends fc.Arbitrary<infer One> ? One : never;

test('searches answer what evaluation allows, and all of it, under any policy', {
  timeout: 170_000,
}, async () => {
  let results = 0;
  const check = async ({ limit, subject, permission, type, ...drawn }: Drawn) => {
    const { organization, place, owner, assignees } = drawn;
    const scope = drawn.inWorkspace && type === 'post' ? { type: 'workspace', id: place } : undefined;
    const properties = { organization, owner, assignees, scope };
    const resource = { type, id: type === 'organization' ? organization : place, properties };
    const action = { name: permission };
    const same = async (
      path: string,
      body: object,
      all: readonly string[],
      fill: (one: string) => object,
    ) => {
      const { found } = await searched(ask, path, body, limit);
      const candidates = [...new Set([...all, ...found])];
      expect(found.toSorted()).toEqual((await evaluated(ask, candidates, fill)).toSorted());
      results += found.length;
    };
    const { id: _, ...anybody } = subject;
    await same(
      SUBJECT,
      { subject: anybody, action, resource },
      subject.type === 'user' ? USERS : AGENTS,
      (id) => ({ subject: { ...subject, id }, action, resource }),
    );
    await same(ACTION, { subject, resource }, [...PERMISSIONS, 'org:posts:edit'], (name) => ({
      subject,
      action: { name },
      resource,
    }));
    // Of other types nothing is known, and agents alone are known by their organization.
    if (type === 'post') return;
    const { organization: __, ...elsewhere } = properties;
    const anywhere = type === 'organization' && subject.type === 'user';
    const searchedFor = { type, properties: anywhere ? elsewhere : properties };
    const known = type === 'organization' ? ORGANIZATIONS : knownIn(organization);
    await same(RESOURCE, { subject, action, resource: searchedFor }, known, (id) => ({
      subject,
      action,
      resource: { ...searchedFor, id },
    }));
  };
  await fc.assert(
    fc.asyncProperty(
      policy,
      fc.array(questions, { minLength: 12, maxLength: 12 }),
      async (definition, asked) => {
        await activate(rolecall, definition);
        for (const one of asked) await check(one);
      },
    ),
    { numRuns: 12, endOnFailure: true },
  );
  expect(results).toBeGreaterThan(100);
});

/** The resources in which anybody has a role. */
const knownIn = (organization: string) => (organization === 'org_1' ? ['ws_1', 'ws_2'] : ['ws_3']);
