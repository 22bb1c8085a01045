import { expect, test } from 'vitest';
import aster from '../../../examples/aster-agents/policy.ts';
import { assignable, resolvePolicy } from '../../../src/policy/index.ts';
import { assignmentsByRole, fully, grantsByRole, matrix } from '../support/matrix.ts';

const policy = resolvePolicy(aster);

test('every role of Aster Agents has exactly the capabilities that its page lists', () => {
  expect(grantsByRole(policy)).toEqual(
    matrix(`
                               org:admin org:agent_manager org:member org:guest
    org:admin_dashboard:read   yes       -                 -          -
    org:agents:chat            yes       yes               yes        yes
    org:analytics:read         yes       -                 -          -
    org:api_keys:manage        yes       -                 -          -
    org:control_hub:read       yes       yes               yes        -
    org:conversations:read     own       own               own        own
    org:dashboard:read         own       own               own        own
    org:integrations:manage    yes       -                 -          -
    org:knowledge_bases:manage yes       -                 -          -
    org:manage_agents:create   yes       yes               -          -
    org:manage_agents:update   yes       yes               -          -
    org:model_providers:manage yes       -                 -          -
    org:roles:assign           yes       -                 -          -
    org:settings:manage        yes       -                 -          -
    org:user_activity:read     yes       -                 -          -
    org:users:manage           yes       -                 -          -
    `),
  );
});

test('the Control Hub is open to every role except Guest', () => {
  const open = Object.entries(grantsByRole(policy)).flatMap(([role, grants]) =>
    grants.includes('org:control_hub:read') ? [role] : [],
  );
  expect(open).toEqual(['org:admin', 'org:agent_manager', 'org:member']);
});

test('only Admins invite, remove and assign roles, all four of them', () => {
  expect(assignmentsByRole(policy)).toEqual({
    'org:admin': fully('org:admin', 'org:agent_manager', 'org:guest', 'org:member'),
  });
  expect(assignable(policy, 'org:admin', 'org:guest').remove).toBe(true);
  expect(assignable(policy, 'org:agent_manager', 'org:guest').remove).toBe(false);
});

test('custom roles made in the dashboard keep what the provider gives them', () => {
  expect(policy.extends).toBe('provider');
});

test('whoever creates an organization is its Admin, and no constraint or seat is spoken of', () => {
  expect(policy.roles['org:admin']?.givenToCreator).toBe(true);
  expect([policy.constraints, policy.seats]).toEqual([[], {}]);
});
