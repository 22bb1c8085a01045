import { expect, test } from 'vitest';
import astro from '../../../examples/astro/policy.ts';
import { assignable, resolvePolicy } from '../../../src/policy/index.ts';
import { assignmentsByRole, fully, grantsByRole, matrix } from '../support/matrix.ts';

const policy = resolvePolicy(astro);

test('the roles of Astro have exactly the permissions of the page’s two tables', () => {
  expect(grantsByRole(policy)).toEqual({
    ...matrix(`
                              org:member org:billing_admin org:owner
    billing:update            -          yes               yes
    organization:view         yes        yes               yes
    organization_users:invite -          -                 yes
    organization_users:update -          -                 yes
    workspaces:create         yes        yes               yes
    `),
    ...matrix(`
                              WORKSPACE_VIEWER WORKSPACE_EDITOR WORKSPACE_ADMIN
    dags:view                 yes              yes              yes
    deployments:push_code     -                yes              yes
    deployments:update        -                yes              yes
    deployments:view          yes              yes              yes
    workspace_users:update    -                -                yes
    workspace_users:view      yes              yes              yes
    `),
  });
});

test('there are two scopes, and organization roles reach into every workspace', () => {
  expect(policy.scopes).toEqual(['organization', 'workspace']);
  expect(policy.organizationRolesReach).toEqual({ workspace: true });
  const scopes = Object.entries(policy.roles).map(([role, { scope }]) => [role, scope]);
  expect(Object.fromEntries(scopes)).toEqual({
    WORKSPACE_ADMIN: 'workspace',
    WORKSPACE_EDITOR: 'workspace',
    WORKSPACE_VIEWER: 'workspace',
    'org:billing_admin': 'organization',
    'org:member': 'organization',
    'org:owner': 'organization',
  });
});

test('Owners assign organization roles, Workspace Admins those of their workspace, nobody across', () => {
  expect(assignmentsByRole(policy)).toEqual({
    'org:owner': fully('org:billing_admin', 'org:member', 'org:owner'),
    WORKSPACE_ADMIN: fully('WORKSPACE_ADMIN', 'WORKSPACE_EDITOR', 'WORKSPACE_VIEWER'),
  });
  expect(assignable(policy, 'org:owner', 'WORKSPACE_VIEWER')).toMatchObject({ change: [], remove: false });
  expect(assignable(policy, 'WORKSPACE_ADMIN', 'org:member')).toMatchObject({ change: [], remove: false });
});

test('the first three members become Owners, and no seat is spoken of', () => {
  expect(policy.constraints).toEqual([{ firstMembersBecome: 'org:owner', count: 3 }]);
  expect(policy.seats).toEqual({});
});
