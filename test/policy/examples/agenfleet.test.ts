import { expect, test } from 'vitest';
import agenfleet from '../../../examples/agenfleet/policy.ts';
import { assignable, resolvePolicy } from '../../../src/policy/index.ts';
import { assignmentsByRole, fully, grantsByRole, matrix } from '../support/matrix.ts';

const policy = resolvePolicy(agenfleet);
const byRole = grantsByRole(policy);

test('every role of AgenFleet has exactly what its page lets it do', () => {
  expect(byRole).toEqual(
    matrix(`
                            org:admin org:manager org:viewer
    agents:create           yes       yes         -
    agents:delete           yes       -           -
    agents:edit             yes       yes         -
    agents:view             yes       yes         yes
    audit_logs:export       yes       -           -
    audit_logs:view         yes       -           -
    billing:manage          yes       -           -
    cron_history:view       yes       yes         yes
    cron_jobs:configure     yes       yes         -
    cron_jobs:delete        yes       -           -
    fleet_status:view       yes       yes         yes
    integrations:delete     yes       -           -
    integrations:manage     yes       yes         -
    notifications:configure yes       -           -
    sessions:delete         yes       -           -
    sessions:start          yes       yes         -
    sessions:view           yes       own         own
    settings:manage         yes       -           -
    team:manage             yes       -           -
    tool:http_request       yes       yes         -
    tool:memory_search      yes       yes         -
    tool:run_script         yes       yes         -
    tool:send_message       yes       yes         -
    tool:web_search         yes       yes         -
    `),
  );
});

test('a Viewer holds nothing but views', () => {
  expect(byRole['org:viewer']?.every((grant) => /^\w+:view( own)?$/.test(grant))).toBe(true);
});

test('a Manager deletes nothing and sees no billing', () => {
  expect(byRole['org:manager']?.filter((grant) => /delete|billing/.test(grant))).toEqual([]);
});

test('only Admins manage the team', () => {
  const everybody = fully('org:admin', 'org:manager', 'org:viewer');
  expect(assignmentsByRole(policy)).toEqual({ 'org:admin': everybody });
  expect(assignable(policy, 'org:manager', 'org:viewer')).toEqual({ invite: [], change: [], remove: false });
});

test('agents can be allowed the five tools that the page names, and no others', () => {
  expect(Object.keys(policy.permissions).filter((key) => key.startsWith('tool:'))).toEqual([
    'tool:http_request',
    'tool:memory_search',
    'tool:run_script',
    'tool:send_message',
    'tool:web_search',
  ]);
});

test('no constraint and no seat is spoken of', () => {
  expect([policy.constraints, policy.seats]).toEqual([[], {}]);
});
