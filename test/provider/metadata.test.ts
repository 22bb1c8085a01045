import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isIdentifier } from '../../src/domain/ids.ts';
import { membershipMetadata, organizationMetadata } from '../../src/provider/clerk/metadata.ts';

const NOTHING = { scoped: {}, flaws: [] };
const AT = 1_795_293_922_123;
const inOrganization = (metadata: unknown) => organizationMetadata(metadata, AT);

/** As it arrives: parsed from a text, with whatever own properties that text has. */
const parsed = (text: string): unknown => JSON.parse(text);

/** An object within an object within an object. */
const deep = (levels: number): unknown => parsed(`${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`);

describe('a membership', () => {
  test('has a role in each resource of each type', () => {
    const metadata = {
      workspaces: { ws_2: 'VIEWER', ws_1: 'ADMIN' },
      projects: { p1: 'lead' },
      theme: 'dark',
    };
    const { scoped, flaws } = membershipMetadata(metadata);
    expect(scoped).toEqual({ project: { p1: 'lead' }, workspace: { ws_1: 'ADMIN', ws_2: 'VIEWER' } });
    expect(JSON.stringify(scoped)).toBe(
      '{"project":{"p1":"lead"},"workspace":{"ws_1":"ADMIN","ws_2":"VIEWER"}}',
    );
    expect(flaws).toEqual([]);
  });

  test.each([
    ['is not there', undefined],
    ['is null', null],
    ['is empty', {}],
    ['has an empty list of resources', { workspaces: {} }],
    ['has null for resources', { workspaces: null }],
    ['speaks of other things', { theme: 'dark', age: 3, tags: null }],
    ['has a name that is too long for a type', { [`${'w'.repeat(60)}s`]: { ws_1: 'ADMIN' } }],
    ['has an s alone', { s: { ws_1: 'ADMIN' } }],
    ['takes the organization for a resource', { organizations: { org_2: 'org:admin' } }],
  ])('whose metadata %s has none, and nothing is wrong with it', (_, metadata) => {
    expect(membershipMetadata(metadata)).toEqual(NOTHING);
  });

  test.each([
    ['a text', 'ADMIN'],
    ['a number', 3],
    ['true', true],
    ['a list', ['ws_1']],
    ['a list of pairs', [['ws_1', 'ADMIN']]],
    [
      'roles that are no texts',
      { ws_1: 3, ws_2: null, ws_3: ['ADMIN'], ws_4: { role: 'ADMIN' }, ws_5: true },
    ],
    ['an empty role', { ws_1: '' }],
    ['a role with a space in it', { ws_1: 'ADMIN own' }],
    ['a role that is very long', { ws_1: 'A'.repeat(192) }],
    ['an empty id', { '': 'ADMIN' }],
    ['every resource at once', { '*': 'ADMIN' }],
    ['an id with a space in it', { 'ws 1': 'ADMIN' }],
    ['an id with a slash in it', { 'ws_1/ws_2': 'ADMIN' }],
    ['an id with a NUL in it', { 'ws_1\0': 'ADMIN' }],
    ['half a surrogate pair', { '\ud800': 'ADMIN' }],
    ['a prototype', parsed('{"__proto__": "ADMIN"}')],
    ['what every object has', { constructor: 'ADMIN', prototype: 'ADMIN' }],
  ])('whose resources are %s has none of them, and the name is a flaw', (_, workspaces) => {
    expect(membershipMetadata({ workspaces })).toEqual({ scoped: {}, flaws: ['workspaces'] });
  });

  test.each([
    ['a text', 'x'],
    ['a number', 1],
    ['a list', [{ workspaces: { ws_1: 'ADMIN' } }]],
  ])('whose metadata is %s altogether has none, and the whole is a flaw', (_, metadata) => {
    expect(membershipMetadata(metadata)).toEqual({ scoped: {}, flaws: ['public_metadata'] });
  });

  test('keeps the roles that can be read beside those that cannot', () => {
    const metadata = { workspaces: { ws_1: 'ADMIN', 'ws 2': 'ADMIN' }, projects: 'all' };
    expect(membershipMetadata(metadata)).toEqual({
      scoped: { workspace: { ws_1: 'ADMIN' } },
      flaws: ['workspaces', 'projects'],
    });
  });

  test('inherits nothing', () => {
    const inherited: unknown = Object.create({ workspaces: { ws_1: 'ADMIN' } });
    expect(membershipMetadata(inherited)).toEqual(NOTHING);
    const polluted = parsed(
      '{"__proto__": {"workspaces": {"ws_1": "ADMIN"}}, "workspaces": {"ws_2": "VIEWER"}}',
    );
    expect(membershipMetadata(polluted)).toEqual({ scoped: { workspace: { ws_2: 'VIEWER' } }, flaws: [] });
    expect(membershipMetadata(parsed('{"constructors": {"ws_1": "ADMIN"}}'))).toEqual(NOTHING);
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  test('has roles in a thousand resources, and in none of one more', () => {
    const roles = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, at) => [`w${at}`, 'A'] as const));
    const { scoped } = membershipMetadata({ workspaces: roles(1_000) });
    expect(Object.keys(scoped['workspace'] ?? {})).toHaveLength(1_000);
    const tooMany = membershipMetadata({ workspaces: roles(1_001), projects: { p1: 'lead' } });
    expect(tooMany).toEqual({ scoped: { project: { p1: 'lead' } }, flaws: ['size', 'workspaces'] });
  });

  test('near the 8 KB that Clerk keeps has a flaw of that name, and all its roles', () => {
    const filled = (bytes: number) => {
      const metadata = { workspaces: { ws_1: 'ADMIN' }, note: '' };
      return { ...metadata, note: 'x'.repeat(bytes - JSON.stringify(metadata).length) };
    };
    expect(membershipMetadata(filled(7 * 1_024)).flaws).toEqual([]);
    expect(membershipMetadata(filled(7 * 1_024 + 1)).flaws).toEqual(['size']);
    expect(membershipMetadata(filled(8 * 1_024)).scoped).toEqual({ workspace: { ws_1: 'ADMIN' } });
    // Bytes, not characters.
    expect(membershipMetadata({ note: 'ä'.repeat(4_000) }).flaws).toEqual(['size']);
  });

  test('is read whatever stands there, however deep', () => {
    const levels = 100_000;
    const bottomless: unknown = parsed(`${'['.repeat(levels)}${']'.repeat(levels)}`);
    expect(membershipMetadata(bottomless).flaws).toEqual(['size', 'public_metadata']);
    expect(membershipMetadata({ workspaces: { ws_1: 'ADMIN' }, more: bottomless })).toEqual({
      scoped: { workspace: { ws_1: 'ADMIN' } },
      flaws: ['size'],
    });
    expect(membershipMetadata({ workspaces: deep(50) })).toEqual({ scoped: {}, flaws: ['workspaces'] });
    expect(inOrganization({ agents: deep(10_000) }).agents).toEqual({ a: [] });
  });

  test('names no more flaws than anybody would read', () => {
    const junk = Object.fromEntries(Array.from({ length: 1_000 }, (_, at) => [`n${at}s`, 1] as const));
    expect(membershipMetadata(junk).flaws).toHaveLength(100);
  });
});

describe('an organization', () => {
  test('has features on, sorted and each once, and agents with their tools', () => {
    const metadata = {
      features: ['beta', 'alpha', 'beta'],
      agents: {
        bot: { tools: { allowed: ['web_search', 'mail.send', 'web_search'] }, model: 'x' },
        idle: {},
        barred: { tools: { allowed: [] } },
      },
    };
    expect(inOrganization(metadata)).toEqual({
      updatedAt: AT,
      features: ['alpha', 'beta'],
      agents: { barred: [], bot: ['mail.send', 'web_search'], idle: [] },
      flaws: [],
    });
  });

  test.each([
    ['nothing', undefined],
    ['null', null],
    ['an empty object', {}],
    ['nulls', { features: null, agents: null }],
    ['an agent without a list', { agents: {} }],
  ])('has none of either for %s, and nothing is wrong with it', (_, metadata) => {
    expect(inOrganization(metadata)).toMatchObject({ features: [], agents: {}, flaws: [] });
  });

  test.each([
    ['a text', 'beta'],
    ['an object', { beta: true }],
    ['a number', 1],
    ['names and something else', ['beta', 1]],
    ['names with a space', ['beta testers']],
    ['lists', [['beta']]],
    ['null among names', ['beta', null]],
    ['too many', Array.from({ length: 1_001 }, (_, at) => `f${at}`)],
  ])('with %s for features has none, and they are a flaw', (_, features) => {
    const { flaws, ...read } = inOrganization({ features });
    expect(read.features).toEqual([]);
    expect(flaws).toContain('features');
  });

  test.each<[string, unknown, object]>([
    ['a list', [{ tools: { allowed: ['search'] } }], {}],
    ['a text', 'bot', {}],
    ['an agent that is a text', { bot: 'search' }, { bot: [] }],
    ['an agent that is null', { bot: null }, { bot: [] }],
    ['an agent that is a list', { bot: ['search'] }, { bot: [] }],
    ['tools that are a list', { bot: { tools: ['search'] } }, { bot: [] }],
    ['tools that are a text', { bot: { tools: 'search' } }, { bot: [] }],
    ['a tool alone', { bot: { tools: { allowed: 'search' } } }, { bot: [] }],
    ['every tool', { bot: { tools: { allowed: true } } }, { bot: [] }],
    ['one tool that is no name', { bot: { tools: { allowed: ['search', 'a b'] } } }, { bot: [] }],
    ['an id that is none', { 'my bot': { tools: { allowed: ['search'] } } }, {}],
    ['a prototype', parsed('{"__proto__": {"tools": {"allowed": ["search"]}}}'), {}],
    ['what every object has', { constructor: { tools: { allowed: ['search'] } } }, {}],
  ])('with %s for agents allows them nothing, and they are a flaw', (_, agents, read) => {
    expect(inOrganization({ agents, features: ['beta'] })).toEqual({
      updatedAt: AT,
      features: ['beta'],
      agents: read,
      flaws: ['agents'],
    });
  });

  test('keeps the tools of agents beside one that cannot be read, and those of no agent when there are too many', () => {
    const bot = { tools: { allowed: ['search'] } };
    expect(inOrganization({ agents: { bot, odd: 7 } })).toMatchObject({
      agents: { bot: ['search'], odd: [] },
    });
    const crowd = Object.fromEntries(Array.from({ length: 1_001 }, (_, at) => [`a${at}`, bot] as const));
    expect(inOrganization({ agents: crowd })).toMatchObject({ agents: {}, flaws: ['size', 'agents'] });
  });

  test('whose metadata is no object has nothing, and the whole is a flaw', () => {
    expect(inOrganization(['features'])).toMatchObject({
      features: [],
      agents: {},
      flaws: ['public_metadata'],
    });
  });
});

describe('whatever the metadata is', () => {
  const names = fc.constantFrom(
    'workspaces',
    'features',
    'agents',
    'tools',
    'allowed',
    '__proto__',
    'constructor',
    'ws_1',
    's',
  );
  const scalars = fc.oneof(
    fc.constantFrom(null, true, 0, '', 'ADMIN', 'ws_1', 'a b', '*', '\0', '__proto__'),
    fc.string({ maxLength: 12 }),
    fc.string({ minLength: 1, maxLength: 400, unit: 'grapheme' }),
  );
  const { metadata } = fc.letrec<{ metadata: unknown }>((tie) => ({
    metadata: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      scalars,
      fc.array(tie('metadata'), { maxLength: 4 }),
      fc
        .array(fc.tuple(fc.oneof(names, names, fc.string({ maxLength: 8 })), tie('metadata')), {
          maxLength: 5,
        })
        // A text, so that `__proto__` is a property like any other.
        .map((entries) =>
          parsed(
            `{${entries.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join()}}`,
          ),
        ),
    ),
  }));
  const texts = (value: unknown): Set<unknown> =>
    new Set(
      typeof value === 'object' && value !== null
        ? Object.entries(value).flatMap(([name, inner]) => [name, ...texts(inner)])
        : [value],
    );
  const numRuns = 3_000;

  test('no role, resource, feature, agent or tool is read that does not stand in it literally', () => {
    fc.assert(
      fc.property(metadata, (given) => {
        const literally = texts(given);
        const { scoped } = membershipMetadata(given);
        const { features, agents } = inOrganization(given);
        const read = [
          ...Object.values(scoped).flatMap((roles) => Object.entries(roles).flat()),
          ...Object.entries(agents).flatMap(([id, tools]) => [id, ...tools]),
          ...features,
        ];
        for (const text of read) {
          expect(literally.has(text)).toBe(true);
          expect(isIdentifier(text)).toBe(true);
        }
      }),
      { numRuns },
    );
  });

  test('what was left out of it is a flaw', () => {
    fc.assert(
      fc.property(metadata, (workspaces) => {
        const { scoped, flaws } = membershipMetadata({ workspaces });
        const meant = typeof workspaces === 'object' && !Array.isArray(workspaces) ? workspaces : { '': 0 };
        const left = Object.keys(meant ?? {}).length - Object.keys(scoped['workspace'] ?? {}).length;
        expect(flaws.includes('workspaces')).toBe(left > 0);
      }),
      { numRuns },
    );
  });

  test('the same of it, in whatever order, is read as the same text', () => {
    const roles = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd', '1', '2'), fc.constantFrom('X', 'Y'));
    fc.assert(
      fc.property(roles, (workspaces) => {
        const reversed = Object.fromEntries(Object.entries(workspaces).reverse());
        expect(JSON.stringify(membershipMetadata({ workspaces: reversed }))).toBe(
          JSON.stringify(membershipMetadata({ workspaces })),
        );
      }),
    );
  });
});
