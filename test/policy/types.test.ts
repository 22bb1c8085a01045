import { expect, expectTypeOf, test } from 'vitest';
import type astro from '../../examples/astro/policy.ts';
import { definePolicy, type PermissionOf, type RoleOf } from '../../src/policy/index.ts';

const words = { title: 'T', description: 'D' };
const common = {
  name: 'typed',
  permissions: { read: 'Read', write: 'Write' },
  features: { beta: 'Beta' },
  scopes: { room: { description: 'A room', organizationRolesReach: false } },
  agents: { tools: { search: 'Search' } },
} as const;

// Each of these also throws; what is tested is that the marked line does not compile.
const mistakes: Record<string, () => unknown> = {
  'a misspelt permission': () =>
    definePolicy({
      ...common,
      // @ts-expect-error there is no permission "raed"
      roles: { reader: { ...words, can: ['read', 'raed'] } },
    }),
  'a misspelt permission under a condition': () =>
    definePolicy({
      ...common,
      // @ts-expect-error there is no permission "raed"
      roles: { reader: { ...words, can: [{ permission: 'raed', only: 'own' }] } },
    }),
  'a misspelt condition': () =>
    definePolicy({
      ...common,
      // @ts-expect-error there is no condition "mine"
      roles: { reader: { ...words, can: [{ permission: 'read', only: 'mine' }] } },
    }),
  'a condition without one': () =>
    definePolicy({
      ...common,
      // @ts-expect-error neither only nor feature
      roles: { reader: { ...words, can: [{ permission: 'read' }] } },
    }),
  'a misspelt feature': () =>
    definePolicy({
      ...common,
      // @ts-expect-error there is no feature "betta"
      roles: { reader: { ...words, can: [{ permission: 'read', feature: 'betta' }] } },
    }),
  'a misspelt tool': () =>
    definePolicy({
      ...common,
      // @ts-expect-error there is no tool "serch"
      roles: { reader: { ...words, can: ['tool:serch'] } },
    }),
  'an unknown included role': () =>
    definePolicy({
      ...common,
      // @ts-expect-error there is no role "writer"
      roles: { reader: { ...words, can: ['read'], includes: ['writer'] } },
    }),
  'an unknown assigned role': () =>
    definePolicy({
      ...common,
      // @ts-expect-error there is no role "writer"
      roles: { reader: { ...words, can: ['read'], assigns: ['writer'] } },
    }),
  'an unknown removed role': () =>
    definePolicy({
      ...common,
      // @ts-expect-error there is no role "writer"
      roles: { reader: { ...words, can: ['read'], assigns: { remove: ['writer'] } } },
    }),
  'an unknown scope': () =>
    definePolicy({
      ...common,
      // @ts-expect-error there is no scope "rom"
      roles: { reader: { ...words, can: ['read'], scope: 'rom' } },
    }),
  'an unknown role in a constraint': () =>
    definePolicy({
      ...common,
      roles: { reader: { ...words, can: ['read'] } },
      // @ts-expect-error there is no role "writer"
      constraints: [{ exactlyOne: 'writer' }],
    }),
  'an unknown role in a seat rule': () =>
    definePolicy({
      ...common,
      roles: { reader: { ...words, can: ['read'] } },
      // @ts-expect-error there is no role "writer"
      seats: { free: [{ role: 'writer' }] },
    }),
  'a misspelt property': () =>
    definePolicy({
      ...common,
      // @ts-expect-error there is no "inculdes"
      roles: { reader: { ...words, can: ['read'], inculdes: ['reader'] } },
    }),
};

test.each(Object.entries(mistakes))('%s neither compiles nor runs', (_, make) => {
  expect(make).toThrow('The policy has');
});

test('everything declared can be referred to', () => {
  const policy = definePolicy({
    ...common,
    roles: {
      reader: { ...words, can: [{ permission: 'read', only: 'own', feature: 'beta' }, 'tool:search'] },
      writer: { ...words, includes: ['reader'], can: ['write'] },
      host: { ...words, scope: 'room', can: ['write'] },
    },
  });
  expectTypeOf<PermissionOf<typeof policy>>().toEqualTypeOf<'read' | 'write' | 'tool:search'>();
  expectTypeOf<RoleOf<typeof policy>>().toEqualTypeOf<'reader' | 'writer' | 'host'>();
});

test('an app takes the names of its policy’s permissions from the policy', () => {
  expectTypeOf<'dags:view'>().toExtend<PermissionOf<typeof astro>>();
  expectTypeOf<'dags:veiw'>().not.toExtend<PermissionOf<typeof astro>>();
  expectTypeOf<'WORKSPACE_ADMIN'>().toExtend<RoleOf<typeof astro>>();
});
