import { afterAll, beforeAll, expect, it } from 'vitest';
import astro from '../../examples/astro/policy.ts';
import { resolvePolicy } from '../../src/policy/index.ts';
import { activate, teller } from './support/policies.ts';
import { READ_TOKEN, type Running, startRolecall } from './support/rolecall.ts';

const LIMITED = 'limited-secret';

let rolecall: Running;
beforeAll(async () => {
  rolecall = await startRolecall({
    environment: { ROLECALL_READ_TOKEN: `${READ_TOKEN} tenant@org_acme:${LIMITED}` },
  });
  const { clerk } = rolecall;
  clerk.defineRole('org:reader', 'Reader', ['org:posts:read']);
  clerk.defineRole('org:editor', 'Editor', [
    'org:posts:write',
    'org:posts:read',
    'org:sys_memberships:manage',
  ]);
  await teller(rolecall)();
});
afterAll(() => rolecall.stop());

const roles = async (token?: string) => {
  const { status, json } = await rolecall.get('/v1/roles', token);
  expect(status).toBe(200);
  return json as { policy: unknown; roles: Record<string, object>; permissions: Record<string, string> };
};
const ALL = ['org:editor', 'org:reader'];

it('without a policy they are Clerk’s own, with what each grants and whom Clerk lets it assign', async () => {
  const answer = await roles();
  expect(answer).toEqual({
    policy: null,
    roles: {
      'org:editor': {
        scope: 'organization',
        title: 'Editor',
        description: '',
        grants: [
          { permission: 'org:posts:read' },
          { permission: 'org:posts:write' },
          { permission: 'org:sys_memberships:manage' },
        ],
        assigns: { invite: ALL, change: ALL, remove: ALL },
      },
      'org:reader': {
        scope: 'organization',
        title: 'Reader',
        description: '',
        grants: [{ permission: 'org:posts:read' }],
        assigns: { invite: [], change: [], remove: [] },
      },
    },
    permissions: { 'org:posts:read': '', 'org:posts:write': '', 'org:sys_memberships:manage': '' },
  });
  expect(Object.keys(answer.roles)).toEqual(ALL);
  expect(await roles(LIMITED)).toEqual(answer);
});

it('by a policy that extends the provider they are its own and Clerk’s, each with all that it grants', async () => {
  await activate(rolecall, {
    name: 'extending',
    extends: 'provider',
    permissions: { help: 'Help people', 'org:posts:read': 'Read posts' },
    roles: {
      'org:reader': { title: 'Reading', description: 'Reads and helps.', badge: 'blue', can: ['help'] },
      'org:helper': { title: 'Helper', description: 'Only helps.', can: ['help', 'org:posts:read'] },
    },
  });
  const answer = await roles();
  expect(answer.policy).toEqual({ name: 'extending', version: 1 });
  expect(Object.keys(answer.roles)).toEqual(['org:editor', 'org:helper', 'org:reader']);
  expect(answer.roles['org:reader']).toEqual({
    scope: 'organization',
    title: 'Reading',
    description: 'Reads and helps.',
    badge: 'blue',
    grants: [{ permission: 'help' }, { permission: 'org:posts:read' }],
    assigns: { invite: [], change: [], remove: [] },
  });
  expect(answer.roles['org:editor']).toMatchObject({ title: 'Editor', assigns: { invite: ALL } });
  expect(Object.entries(answer.permissions)).toEqual([
    ['help', 'Help people'],
    ['org:posts:read', 'Read posts'],
    ['org:posts:write', ''],
    ['org:sys_memberships:manage', ''],
  ]);
});

it('by a policy of its own they are that policy’s, as it was written, and nothing of Clerk’s', async () => {
  await activate(rolecall, astro);
  const { permissions, roles: declared } = resolvePolicy(astro);
  expect(await roles()).toEqual({ policy: { name: 'astro', version: 2 }, roles: declared, permissions });
});
