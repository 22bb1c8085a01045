import { Command } from 'commander';
import { isIdentifier, isOrganizationId } from '../domain/ids.ts';
import { instant } from '../http/json.ts';
import { heldPermissions } from '../pipeline/audit/held-permissions.ts';
import { withAuditTools } from './database.ts';
import { misused, print } from './output.ts';
import { table } from './table.ts';
import { wholeNumber } from './whole-number.ts';

interface Options {
  readonly json?: true;
  readonly organization: string;
  readonly role?: string;
  readonly limit: number;
}

export function membersCommand(): Command {
  const members = new Command('members').description('who belongs to an organization, and what they hold');
  members
    .command('list')
    .description('list members in the order of their ids')
    .requiredOption('--organization <id>', 'of this organization')
    .option('--role <key>', 'those in this role')
    .option('--limit <number>', 'how many at most', wholeNumber, 100)
    .option('--json', 'answer as JSON')
    .action(list);
  return members;
}

async function list(options: Options): Promise<void> {
  const { organization, role } = options;
  if (!isOrganizationId(organization)) misused(options, '--organization cannot be read');
  if (role !== undefined && !isIdentifier(role)) misused(options, '--role cannot be read');
  const { members, more } = await withAuditTools(options, async ({ listing, store }) => {
    const page = await listing.listMembers({
      organizationId: organization,
      role: role ?? null,
      scope: null,
      after: null,
      limit: Math.min(Math.max(options.limit, 1), 500),
    });
    const users = page.members.map(({ userId }) => userId);
    const held = await heldPermissions(store, organization, users);
    const members = page.members.map((member) => ({
      user: member.userId,
      role: member.role,
      scopes: member.roles.flatMap((one) => (one.scope === null ? [] : [{ ...one.scope, role: one.role }])),
      since: instant(member.since),
      suspended: member.suspended,
      permissions: held.get(member.userId) ?? [],
    }));
    return { members, more: page.next !== null };
  });
  const rows = members.map((member) => [
    member.user,
    member.role,
    member.scopes.map(({ type, id, role: there }) => `${type} ${id}: ${there}`).join(', '),
    member.since ?? '',
    member.suspended ? 'suspended' : String(member.permissions.length),
  ]);
  const listed =
    rows.length === 0
      ? 'There are none.'
      : table([['user', 'role', 'in resources', 'since', 'permissions'], ...rows]);
  const hint = '\nThere are more: narrow it down, raise --limit, or see rolecall audit review.';
  print(options, { organization, members, more }, more ? `${listed}${hint}` : listed);
}
