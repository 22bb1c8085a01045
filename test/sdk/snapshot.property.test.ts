import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decideAccess } from '../../src/domain/decide-access.ts';
import type { Condition, Grant, Scope } from '../../src/domain/grant.ts';
import { isOrganizationId, isUserId, type UserId } from '../../src/domain/ids.ts';
import type { Question } from '../../src/domain/question.ts';
import { reasonAgainst } from '../../src/sdk/snapshot/decide-locally.ts';
import { eventReader, type ServerSentEvent } from '../../src/sdk/snapshot/events.ts';
import { lineReader } from '../../src/sdk/snapshot/lines.ts';
import { copyReader } from '../../src/sdk/snapshot/read-copy.ts';
import { AT, NOW } from './support/fake-feed.ts';

/** The same bytes, cut somewhere else. */
function inPieces(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  return [0, ...places].map((from, index) => bytes.subarray(from, places[index]));
}

const cuts = fc.array(fc.nat(), { maxLength: 30 });
const text = fc.string({
  unit: fc.constantFrom('a', 'é', '€', '😀', '\r', '\n', ':', ' ', '{'),
  maxLength: 60,
});

function linesOf(pieces: readonly Uint8Array[]): string[] {
  const reader = lineReader();
  return [...pieces.flatMap((piece) => reader.push(piece)), reader.end()];
}

describe('however the network cuts the bytes', () => {
  it('they are the same lines', () => {
    fc.assert(
      fc.property(text, cuts, (sent, where) => {
        const bytes = new TextEncoder().encode(sent);
        expect(linesOf(inPieces(bytes, where))).toEqual(linesOf([bytes]));
        const whole = sent.split(/\r\n|\n|\r/);
        // What ends in a CR has an empty line behind it only if something follows.
        expect(linesOf([bytes])).toEqual(sent.endsWith('\r') ? whole.slice(0, -1) : whole);
      }),
    );
  });

  it('they are the same events', () => {
    const event = fc.record({ id: fc.nat(), data: text, end: fc.constantFrom('\n', '\r\n', '\r') });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 5 }), cuts, (events, where) => {
        const sent = events
          .map(({ id, data, end }) =>
            [
              `id: ${id}`,
              'event: change',
              ...data.split(/\r\n|\n|\r/).map((line) => `data: ${line}`),
              '',
              '',
            ].join(end),
          )
          .join(': alive\n');
        const read = (pieces: readonly Uint8Array[]): ServerSentEvent[] => {
          const next = eventReader();
          return linesOf(pieces).flatMap((line) => next(line) ?? []);
        };
        const bytes = new TextEncoder().encode(sent);
        const whole = read([bytes]);
        expect(read(inPieces(bytes, where))).toEqual(whole);
        expect(whole.filter((one) => one.type === 'event')).toEqual(
          events.map(({ id, data }) => ({
            type: 'event',
            event: 'change',
            id: String(id),
            data: data.replaceAll(/\r\n|\r/g, '\n'),
          })),
        );
      }),
    );
  });
});

const ORGANIZATION = branded('org_acme', isOrganizationId);
const users = ['user_ada', 'user_bob', 'user_cyd'].map((id) => branded(id, isUserId));
const permissions = ['read', 'write', 'tool:search'];
const roleKeys = ['org:admin', 'org:member', 'EDITOR'];
const places = ['ws_1', 'ws_2'];

function branded<Id extends string>(id: string, is: (value: unknown) => value is Id): Id {
  if (!is(id)) throw new Error(`${id} is no id`);
  return id;
}

const grant = fc.record({
  permission: fc.constantFrom(...permissions),
  only: fc.constantFrom<Condition | null>(null, 'own', 'assigned'),
});
const role = fc.record({
  grants: fc.array(grant, { maxLength: 4 }),
  featured: fc.dictionary(fc.constantFrom('beta', 'labs'), fc.array(grant, { maxLength: 2 })),
  scope: fc.constantFrom('organization', 'workspace', 'folder'),
  cutoff: fc.option(fc.integer({ min: NOW - 200_000, max: NOW })),
});
const cutoff = fc.option(fc.integer({ min: NOW - 200_000, max: NOW }));
const held = fc.record({
  role: fc.constantFrom(...roleKeys),
  roles: fc.uniqueArray(
    fc.record({
      role: fc.constantFrom(...roleKeys),
      type: fc.constantFrom('workspace', 'folder'),
      id: fc.constantFrom(...places),
    }),
    { maxLength: 3, selector: ({ type, id }) => `${type}/${id}` },
  ),
  contested: fc.boolean(),
  suspended: fc.boolean(),
  cutoff,
  userCutoff: cutoff,
});
const world = fc.record({
  roles: fc.tuple(role, role, role),
  reaches: fc.record({ workspace: fc.boolean(), folder: fc.boolean() }),
  features: fc.uniqueArray(fc.constantFrom('beta', 'labs')),
  agents: fc.dictionary(fc.constantFrom('bot', 'other'), fc.uniqueArray(fc.constantFrom(...permissions))),
  organizationCutoff: cutoff,
  members: fc.tuple(fc.option(held), fc.option(held)),
  ended: fc.boolean(),
});
type World = typeof world extends fc.Arbitrary<infer T> ? T : never;
type Held = NonNullable<World['members'][0]>;

const iso = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString());
const sent = (grants: World['roles'][0]['grants']) =>
  grants.map(({ permission, only }) => (only === null ? { permission } : { permission, only }));

/** What a server in this state would send. */
function copyOf({ roles, reaches, features, agents, organizationCutoff, members, ended }: World) {
  const reader = copyReader();
  const scopes = {
    workspace: { organization_roles_reach: reaches.workspace },
    folder: { organization_roles_reach: reaches.folder },
  };
  const lines: object[] = [
    { kind: 'snapshot', epoch: 'e', revision: 1, policy: null, scopes, at: AT },
    ...roles.map(({ grants, featured, scope, cutoff: at }, index) => ({
      kind: 'role',
      role: roleKeys[index],
      scope,
      grants: sent(grants),
      featured: Object.fromEntries(Object.entries(featured).map(([key, value]) => [key, sent(value)])),
      cutoff: iso(at),
    })),
    { kind: 'organization', organization: ORGANIZATION, features, agents, cutoff: iso(organizationCutoff) },
    ...members.flatMap((one, index) => {
      if (one === null) return [];
      const user = users[index];
      return [
        {
          kind: 'member',
          organization: ORGANIZATION,
          user,
          role: one.role,
          roles: one.roles.map(({ role: key, type, id }) => ({ role: key, scope: { type, id } })),
          contested: one.contested,
          cutoff: iso(one.cutoff),
        },
        { kind: 'user', user, suspended: one.suspended, cutoff: iso(one.userCutoff) },
      ];
    }),
    ...(ended ? [{ kind: 'session', session: 'sess_1', user: users[0], ended: true }] : []),
    { kind: 'end', revision: 1, members: members.filter((one) => one !== null).length },
  ];
  for (const line of lines) reader.line(JSON.stringify(line));
  return reader.finish();
}

/** What the server itself knows then. */
function knownOf(state: World, user: UserId | null, agent: string | null) {
  const member = user === null ? null : (state.members[users.indexOf(user)] ?? null);
  const tools = agent !== null && Object.hasOwn(state.agents, agent) ? state.agents[agent] : undefined;
  return {
    scopes: ['workspace', 'folder'],
    member:
      member === null
        ? undefined
        : {
            member: true,
            suspended: member.suspended,
            contested: member.contested,
            grants: grantsOf(state, member),
            cutoff: latest([
              member.cutoff,
              member.userCutoff,
              state.organizationCutoff,
              ...[member.role, ...member.roles.map((one) => one.role)].map(
                (key) => roleIn(state, key).cutoff,
              ),
            ]),
          },
    agent: tools === undefined ? undefined : { permissions: tools },
    session: state.ended && users[0] !== undefined ? { userId: users[0], ended: true } : undefined,
  };
}

function grantsOf(state: World, member: Held): Grant[] {
  const granted = (key: string, scope: string) => {
    const { grants, featured, scope: own } = roleIn(state, key);
    return own === scope ? [...grants, ...state.features.flatMap((feature) => featured[feature] ?? [])] : [];
  };
  const here = granted(member.role, 'organization');
  const reached = Object.entries(state.reaches).flatMap(([type, reach]) =>
    reach ? here.map((one) => ({ ...one, scope: { type, id: '*' } })) : [],
  );
  const there = member.roles.flatMap(({ role: key, type, id }) =>
    granted(key, type).map((one) => ({ ...one, scope: { type, id } })),
  );
  return [...here.map((one) => ({ ...one, scope: null })), ...reached, ...there];
}

function roleIn(state: World, key: string) {
  return state.roles[roleKeys.indexOf(key)] ?? state.roles[0];
}

function latest(times: readonly (number | null)[]): number | null {
  const known = times.filter((time) => time !== null);
  return known.length === 0 ? null : Math.max(...known);
}

const question = fc.record({
  user: fc.constantFrom(...users),
  agent: fc.option(fc.constantFrom('bot', 'other', 'nobody')),
  alone: fc.boolean(),
  permission: fc.constantFrom(...permissions, 'unknown'),
  scope: fc.option(
    fc.record({ type: fc.constantFrom('workspace', 'folder', 'shelf'), id: fc.constantFrom(...places) }),
  ),
  owner: fc.option(fc.constantFrom(...users, 'bot')),
  assignees: fc.uniqueArray(fc.constantFrom(...users, 'bot')),
  token: fc.option(fc.integer({ min: -300, max: 90 })),
});

describe('on a copy', () => {
  it('every question is answered as the server answers it', () => {
    fc.assert(
      fc.property(world, fc.array(question, { minLength: 1, maxLength: 20 }), (state, questions) => {
        const copy = copyOf(state);
        for (const { user, agent, alone, permission, scope, owner, assignees, token } of questions) {
          const byItself = agent !== null && alone;
          const issuedAt = Math.floor(NOW / 1_000) + (token ?? 0);
          const asked: Question = {
            organizationId: ORGANIZATION,
            subject: subjectOf(user, agent, byItself),
            permission,
            resource: { type: 'organization', id: ORGANIZATION },
            scope,
            ownerId: owner,
            assignees,
            token: token === null ? null : { sessionId: 'sess_1', issuedAt: issuedAt * 1_000 },
          };
          const decision = decideAccess(asked, knownOf(state, byItself ? null : user, agent), NOW);
          const reason = reasonAgainst(copy, {
            subject: agent === null ? user : { agent, ...(byItself ? {} : { actingFor: user }) },
            organization: ORGANIZATION,
            permission,
            about: { owner, assignees, ...optional(scope, token === null ? null : issuedAt) },
            now: NOW,
          });
          expect({ allowed: reason === null, asked }).toEqual({ allowed: decision.allowed, asked });
        }
      }),
      { numRuns: 300 },
    );
  });
});

function subjectOf(userId: UserId, agentId: string | null, byItself: boolean): Question['subject'] {
  if (agentId === null) return { type: 'user', userId };
  return { type: 'agent', agentId, actingFor: byItself ? null : userId };
}

function optional(scope: Scope | null, issuedAt: number | null) {
  return {
    ...(scope === null ? {} : { scope }),
    ...(issuedAt === null ? {} : { token: { sessionId: 'sess_1', issuedAt } }),
  };
}
