import type { DatabaseInspection, LoginInspection, TableInspection } from '../ports.ts';
import { type Check, fail, ok, warn } from './check.ts';

/** Whether apps' tables are held by their policies, and which logins are held by none. */
export function checkRowSecurity({
  logins,
  tables,
}: Pick<DatabaseInspection, 'logins' | 'tables'>): readonly Check[] {
  return [checkBypassing(logins), checkApps(logins), ...checkTables(tables)];
}

function checkBypassing(logins: readonly LoginInspection[]): Check {
  const superusers = logins.filter(({ superuser }) => superuser).map(({ name }) => name);
  const others = logins
    .filter(({ superuser, bypassesRowSecurity }) => bypassesRowSecurity && !superuser)
    .map(({ name }) => name);
  if (others.length === 0) {
    return ok('row_security_bypass', 'Nobody but superusers passes by row-level security.', superusers);
  }
  return warn(
    'row_security_bypass',
    'These logins see every row, whatever policies say, as Supabase’s postgres and service_role and Neon’s neondb_owner do.',
    'Let no app connect as one of them: make it a login of its own (docs/row-level-security.md). For the worker it does not matter.',
    others,
  );
}

/** Of an app's logins those that nothing holds. */
function checkApps(logins: readonly LoginInspection[]): Check {
  const through = (who: LoginInspection) => who.superuser || who.bypassesRowSecurity;
  const subjects = logins.filter((who) => who.isSubject);
  const free = subjects.filter(through).map(({ name }) => name);
  if (free.length > 0) {
    return fail(
      'app_roles',
      'Logins that are granted rolecall_subject pass by row-level security: every policy that asks Rolecall is open to them.',
      'alter role … nobypassrls; or grant rolecall_subject to a login of its own instead.',
      free,
    );
  }
  const readers = logins.filter((who) => who.isReader && through(who)).map(({ name }) => name);
  if (readers.length > 0) {
    return warn(
      'app_roles',
      'Logins that are granted rolecall_reader pass by row-level security: they can read the tables of Rolecall themselves.',
      'alter role … nobypassrls; or grant rolecall_reader to a login of its own instead.',
      readers,
    );
  }
  return ok(
    'app_roles',
    subjects.length === 0
      ? 'No login is granted rolecall_subject: no app asks by row-level security.'
      : 'Logins that are granted rolecall_subject are held by policies.',
    subjects.map(({ name }) => name),
  );
}

function checkTables(tables: readonly TableInspection[]): readonly Check[] {
  const disabled = tables.filter(({ asks, enabled }) => asks && !enabled);
  const owned = tables.filter(
    ({ asks, enabled, forced, owners }) => asks && enabled && !forced && owners.length > 0,
  );
  const bare = tables.filter(({ asks, enabled, open }) => open && !asks && !enabled);
  if (disabled.length + owned.length > 0) {
    return [
      fail(
        'app_tables',
        'Policies that ask Rolecall hold nobody on these tables.',
        'alter table … enable row level security; and, where an app owns its table, force row level security.',
        [
          ...disabled.map(({ name }) => `${name}: row-level security is not enabled`),
          ...owned.map(({ name, owners }) => `${name}: belongs to ${owners.join(', ')}, and is not forced`),
        ],
      ),
    ];
  }
  if (bare.length > 0) {
    return [
      warn(
        'app_tables',
        'rolecall_subject may read these tables, and nothing chooses the rows.',
        'alter table … enable row level security; and make a policy that asks Rolecall, or revoke the right.',
        bare.map(({ name }) => name),
      ),
    ];
  }
  const asking = tables.filter(({ asks }) => asks).map(({ name }) => name);
  return [
    ok(
      'app_tables',
      asking.length === 0
        ? 'No table has a policy that asks Rolecall.'
        : 'Policies that ask Rolecall are in force.',
      asking,
    ),
  ];
}
