import { applyPolicy } from '../../../src/pipeline/policies/apply-policy.ts';
import { resolvePolicy } from '../../../src/policy/index.ts';
import { policyDigest, policyTools } from '../../../src/runtime/policy-tools.ts';
import { OPERATORS } from '../../http/support/operator.ts';
import { teller } from '../../http/support/policies.ts';
import { type Running, startRolecall } from '../../http/support/rolecall.ts';

/** Text that would run, or break out of where it stands, if it were markup. */
export const HOSTILE = `<script>window.owned=1</script><img src=x onerror="window.owned=1">'"&`;

/** A Rolecall in which something of everything has happened, hostile names among it. */
export async function startScene(
  options: { readonly basePath?: string; readonly paused?: boolean } = {},
): Promise<Running> {
  const rolecall = await startRolecall({ ...options, environment: OPERATORS });
  const { clerk, sql } = rolecall;
  const tell = teller(rolecall);
  await tell(() => {
    clerk.createOrganization({ id: 'org_acme', name: HOSTILE });
    for (const role of ['owner', 'agent']) clerk.defineRole(`org:${role}`, role, []);
    for (let n = 0; n < 30; n += 1) {
      clerk.createUser({ id: `user_${n}`, firstName: HOSTILE });
      clerk.addMember('org_acme', `user_${n}`, n === 0 ? 'org:admin' : 'org:member');
    }
    clerk.removeMember('org_acme', 'user_7');
    clerk.changeRole('org_acme', 'user_0', 'org:member');
  });
  // Unknown, and malformed, with markup wherever a text can stand.
  await rolecall.post(JSON.stringify({ type: HOSTILE, data: { id: HOSTILE } }), { id: 'msg_hostile' });
  await rolecall.post(
    JSON.stringify({ type: 'user.created', object: 'event', data: { id: 7, first_name: HOSTILE } }),
    { id: 'msg_malformed' },
  );
  // The database refuses one, and the automatic retry would only come in an hour.
  await sql.unsafe(
    'alter table rolecall.memberships add constraint a_mistake check (deleted_at is null) not valid',
  );
  await tell(() => clerk.removeMember('org_acme', 'user_9'));
  await sql`update rolecall.inbox set retry_at = now() + interval '1 hour' where outcome = 'failed'`;
  await sql.unsafe('alter table rolecall.memberships drop constraint a_mistake');
  await sql`update rolecall.effects set status = 'dead', attempts = 40, last_error = 'status_500', settled_at = now()
             where id = (select min(id) from rolecall.effects where kind = 'revoke_sessions')`;
  await holdPolicy(rolecall);
  return rolecall;
}

/** More permissions than fit beside each other on a phone. */
const WIDE = Object.fromEntries(
  Array.from({ length: 12 }, (_, n) => [`reports:of_department_${n}`, 'See reports']),
);

/** A policy that takes something from everybody: it waits. */
async function holdPolicy({ databaseUrl }: Running): Promise<void> {
  const tools = policyTools(databaseUrl);
  try {
    const policy = (permissions: readonly string[]) =>
      resolvePolicy({
        name: 'helpdesk',
        permissions: { 'tickets:view': 'See tickets', 'tickets:work': 'Answer tickets', ...WIDE },
        roles: {
          'org:member': {
            title: 'Member',
            description: 'Works.',
            badge: 'teal',
            can: [...permissions, ...Object.keys(WIDE)],
          },
          'org:admin': {
            title: 'Admin',
            description: 'Runs it.',
            badge: 'indigo',
            givenToCreator: true,
            can: ['tickets:view', 'tickets:work', ...Object.keys(WIDE)],
          },
        },
      });
    for (const permissions of [['tickets:view', 'tickets:work'], ['tickets:view']]) {
      const next = policy(permissions);
      const proposal = { policy: next, digest: policyDigest(next), by: 'ann', reason: HOSTILE };
      const applied = await applyPolicy(tools, proposal);
      // The first one is wanted, whomever it hits.
      if (applied.result === 'held' && permissions.length === 2)
        await applyPolicy(tools, proposal, { approving: applied.hold });
    }
  } finally {
    await tools.end();
  }
}
