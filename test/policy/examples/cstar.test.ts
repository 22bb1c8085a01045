import { expect, test } from 'vitest';
import cstar from '../../../examples/cstar/policy.ts';
import { assignable, resolvePolicy, seatsOf } from '../../../src/policy/index.ts';
import { assignmentsByRole, fully, grantsByRole, matrix } from '../support/matrix.ts';

const policy = resolvePolicy(cstar);

test('cStar has twenty-three permissions', () => {
  expect(Object.keys(policy.permissions)).toHaveLength(23);
});

test('every role of cStar has exactly the permissions that its page gives it', () => {
  expect(grantsByRole(policy)).toEqual(
    matrix(`
                         org:owner org:admin org:manager org:librarian org:agent org:spectator
    delete_customers     yes       yes       yes         -             -         -
    delete_tickets       yes       yes       yes         -             -         -
    export_data          yes       yes       yes         -             -         -
    game_participation   yes       yes       yes         yes           yes       yes
    manage_api_keys      yes       yes       -           -             -         -
    manage_articles      yes       yes       yes         yes           -         -
    manage_billing       yes       -         -           -             -         -
    manage_custom_fields yes       yes       yes         -             -         -
    manage_customers     yes       yes       yes         -             yes       -
    manage_integrations  yes       yes       -           -             -         -
    manage_members       yes       yes       -           -             -         -
    manage_quick_replies yes       yes       yes         yes           -         -
    manage_settings      yes       yes       -           -             -         -
    manage_sla_settings  yes       yes       yes         -             -         -
    manage_tickets       yes       yes       yes         -             -         -
    manage_webhooks      yes       yes       -           -             -         -
    run_bulk_operations  yes       yes       yes         -             -         -
    view_analytics       yes       yes       yes         -             -         yes
    view_articles        yes       yes       yes         yes           -         yes
    view_audit_log       yes       yes       yes         -             -         yes
    view_customers       yes       yes       yes         yes           yes       yes
    view_tickets         yes       yes       yes         yes           yes       yes
    work_tickets         yes       yes       yes         -             yes       -
    `),
  );
});

test('an Owner assigns every role but Owner, an Admin Manager and below, nobody else any', () => {
  expect(assignmentsByRole(policy)).toEqual({
    'org:owner': fully('org:admin', 'org:agent', 'org:librarian', 'org:manager', 'org:spectator'),
    'org:admin': fully('org:agent', 'org:librarian', 'org:manager', 'org:spectator'),
  });
});

test('an Admin neither makes nor unmakes an Admin', () => {
  expect(assignable(policy, 'org:admin', 'org:admin')).toMatchObject({ change: [], remove: false });
  expect(assignable(policy, 'org:admin', 'org:owner')).toMatchObject({ change: [], remove: false });
  expect(assignable(policy, 'org:admin', 'org:manager').change).not.toContain('org:admin');
  expect(assignable(policy, 'org:owner', 'org:admin')).toMatchObject({ remove: true });
});

test('there is exactly one Owner, given a minute for a transfer', () => {
  expect(policy.constraints).toEqual([{ exactlyOne: 'org:owner', settleSeconds: 60 }]);
});

test.each([
  [0, 2],
  [3, 2],
  [4, 3],
  [6, 5],
])('with %i Spectators beside two others, %i seats are paid', (spectators, paid) => {
  const counts = { 'org:owner': 1, 'org:agent': 1, 'org:spectator': spectators };
  expect(seatsOf(policy, counts).paid).toBe(paid);
});

test('every role has the title, the badge and a description for the dialog that invites', () => {
  const shown = Object.entries(policy.roles).map(([key, { title, badge }]) => [key, title, badge]);
  expect(shown).toEqual([
    ['org:admin', 'Admin — The Commander', 'indigo'],
    ['org:agent', 'Agent — The Hero', 'coral'],
    ['org:librarian', 'Librarian — The Lorekeeper', 'sky blue'],
    ['org:manager', 'Manager — The Captain', 'orange'],
    ['org:owner', 'Owner — The Guildmaster', 'midnight'],
    ['org:spectator', 'Spectator — The Watcher', 'fuchsia'],
  ]);
  expect(Object.values(policy.roles).every(({ description }) => description.length > 20)).toBe(true);
});
