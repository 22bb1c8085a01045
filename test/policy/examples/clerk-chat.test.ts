import { expect, test } from 'vitest';
import clerkChat from '../../../examples/clerk-chat/policy.ts';
import { assignable, resolvePolicy, seatsOf } from '../../../src/policy/index.ts';
import { assignmentsByRole, fully, grantsByRole, matrix } from '../support/matrix.ts';

const policy = resolvePolicy(clerkChat);
const byRole = grantsByRole(policy);

test('every role of Clerk Chat has exactly what its page gives it', () => {
  expect(byRole).toEqual(
    matrix(`
                              org:workspace_owner     org:admin             org:manager           org:agent                org:member
    analytics:view            yes                     yes                   yes                   -                        -
    api_keys:manage           yes                     -                     -                     -                        -
    attributes:manage         yes                     yes                   yes                   -                        -
    attributes:update         yes                     yes                   yes                   feature:agent_attributes -
    billing:manage            yes                     yes                   -                     -                        -
    contacts:update           yes                     -                     yes                   yes                      yes
    contacts:view             feature:team_contacts   feature:team_contacts feature:team_contacts feature:team_contacts    feature:team_contacts
    contacts:view             own                     own                   own                   own                      own
    conversations:delete      yes                     yes                   yes                   yes                      -
    feature_flags:manage      yes                     yes                   -                     -                        -
    inbox_logs:export         yes                     yes                   -                     -                        -
    messages:delete           yes                     -                     -                     -                        -
    messages:send             yes                     -                     yes                   yes                      yes
    messages:view             yes                     -                     yes                   yes                      yes
    opt_outs:manage           yes                     yes                   yes                   -                        -
    opt_outs:view             yes                     yes                   yes                   yes                      yes
    private_inboxes:access    assigned                assigned              assigned              -                        -
    private_inboxes:configure yes                     yes                   yes                   -                        -
    private_messages:send     assigned                -                     assigned              -                        -
    private_messages:view     assigned                -                     assigned              -                        -
    public_inboxes:configure  yes                     yes                   yes                   -                        -
    restricted_words:manage   yes                     yes                   -                     -                        -
    scheduled_messages:update yes                     -                     yes                   yes                      yes
    teammates:add             yes                     yes                   yes                   yes                      -
    teammates:change_roles    yes                     yes                   -                     -                        -
    teammates:remove          yes                     yes                   -                     -                        -
    workspace_settings:manage yes                     yes                   -                     -                        -
    `),
  );
});

test('an Admin reads, sends and deletes no message and makes no API key', () => {
  expect(byRole['org:admin']?.filter((grant) => /messages|api_keys/.test(grant))).toEqual([]);
});

test('from Admin to Agent something is gained and something is lost', () => {
  const [admin = [], agent = []] = [byRole['org:admin'], byRole['org:agent']];
  expect(agent.filter((grant) => !admin.includes(grant))).toContain('messages:view');
  expect(admin.filter((grant) => !agent.includes(grant))).toContain('billing:manage');
});

test('Manager and Agent invite, up to their own role, but change and remove nobody', () => {
  expect(assignmentsByRole(policy)).toEqual({
    'org:workspace_owner': fully(
      'org:admin',
      'org:agent',
      'org:manager',
      'org:member',
      'org:workspace_owner',
    ),
    'org:admin': fully('org:admin', 'org:agent', 'org:manager', 'org:member'),
    'org:manager': { invite: ['org:agent', 'org:manager', 'org:member'], change: [], remove: [] },
    'org:agent': { invite: ['org:agent', 'org:member'], change: [], remove: [] },
  });
});

test('nobody but a Workspace Owner makes, changes or removes one', () => {
  expect(assignable(policy, 'org:admin', 'org:workspace_owner')).toMatchObject({ change: [], remove: false });
  expect(assignable(policy, 'org:workspace_owner', 'org:workspace_owner').remove).toBe(true);
});

test.each([
  ['4 seats, one of them an Admin', { 'org:workspace_owner': 1, 'org:admin': 1, 'org:agent': 2 }, 4],
  ['5 seats, one of them an Admin', { 'org:workspace_owner': 1, 'org:admin': 1, 'org:agent': 3 }, 4],
  ['6 seats, one of them an Admin', { 'org:workspace_owner': 1, 'org:admin': 1, 'org:agent': 4 }, 5],
  ['6 seats, two of them Admins', { 'org:workspace_owner': 1, 'org:admin': 2, 'org:agent': 3 }, 5],
  ['5 seats without an Admin', { 'org:workspace_owner': 1, 'org:agent': 4 }, 5],
])('%s: so many are paid', (_, counts, paid) => {
  expect(seatsOf(policy, counts).paid).toBe(paid);
});
