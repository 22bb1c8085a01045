import type { DatabaseInspection, SchemaInspection } from '../ports.ts';
import { type Check, checkClock, fail, ok, warn } from './check.ts';

/** Postgres 15 is the oldest whose views can run with the rights of whoever asks. */
const OLDEST = 15;

/** What the connection itself shows. @param isLocal whether the database is on this machine. */
export function checkDatabase(seen: DatabaseInspection, isLocal: boolean): readonly Check[] {
  return [
    ok('database_reachable', `The database answers ${seen.login.name}.`),
    checkVersion(seen.version),
    checkEncoding(seen.encoding),
    checkTls(seen.tls, isLocal),
    checkClock('database_clock', 'the database’s', seen.clockAheadMs),
    checkWritable(seen.readOnly),
    checkPooler(seen.pooling),
    checkSchema(seen.schema),
    checkPinning(seen.schema),
    checkLogin(seen.login),
    checkLog(seen.parametersLoggedBy, seen.login.name),
  ];
}

function checkVersion(version: number): Check {
  const major = Math.floor(version / 10_000);
  return major < OLDEST
    ? fail('database_version', `This is Postgres ${major}.`, `Use Postgres ${OLDEST} or newer.`)
    : ok('database_version', `This is Postgres ${major}.`);
}

function checkEncoding(encoding: string): Check {
  return encoding === 'UTF8'
    ? ok('database_encoding', 'The database keeps text in UTF-8.')
    : fail(
        'database_encoding',
        `The database keeps text as ${encoding}: names and payloads that it has no letters for break what reads them.`,
        'Make another one (create database … encoding ‘UTF8’ template template0), run rolecall migrate there, then rolecall reconcile.',
      );
}

function checkTls(tls: boolean, isLocal: boolean): Check {
  if (tls) return ok('database_tls', 'The connection is encrypted.');
  if (isLocal) return ok('database_tls', 'The connection stays on this machine.');
  return warn(
    'database_tls',
    'The connection is not encrypted: whoever is between reads permissions and the password’s proof.',
    'Add ?sslmode=require to DATABASE_URL, or let the server refuse connections without TLS (hostssl).',
  );
}

function checkWritable(readOnly: boolean): Check {
  return readOnly
    ? fail(
        'database_writable',
        'The database is read only, or a replica.',
        'Name the primary in DATABASE_URL: a delivery is committed before it is answered.',
      )
    : ok('database_writable', 'The database can be written.');
}

function checkPooler(pooling: DatabaseInspection['pooling']): Check {
  switch (pooling) {
    case 'session':
      return ok('database_pooler', 'The connection is one session of the server.');
    case 'transaction':
      return warn(
        'database_pooler',
        'A pooler gives every transaction another connection. Rolecall works through it; settings of a session do not.',
        'In apps, set claims inside the transaction that reads (docs/row-level-security.md), and leave prepared statements to poolers that keep them (docs/operations.md).',
      );
    case 'statement':
      return fail(
        'database_pooler',
        'A pooler lets no transaction be begun beside other statements: there are no snapshots, no migrations, no claims.',
        'Let it pool by transaction (pool_mode = transaction), with two connections at least.',
      );
  }
}

function checkSchema({ exists, missing, migrations }: SchemaInspection): Check {
  if (!exists) {
    return fail('schema', 'The schema rolecall is not there.', 'Run rolecall migrate.');
  }
  if (missing.length > 0) {
    return fail(
      'schema',
      `The schema is older than this version, or was altered: it lacks what ${missing.length} of ${migrations} migrations make.`,
      'Run rolecall migrate, with the version of Rolecall that is deployed.',
      missing.map(({ migration, names }) => `migration ${migration}: ${names.join(', ')}`),
    );
  }
  return ok('schema', `All ${migrations} migrations were applied.`);
}

function checkPinning({ unpinned, unprotected }: SchemaInspection): Check {
  const altered = [
    ...unpinned.map((name) => `function rolecall.${name} has no pinned search_path`),
    ...unprotected.map((name) => `table rolecall.${name} has no row-level security`),
  ];
  return altered.length > 0
    ? fail(
        'schema_protected',
        'The schema was altered, and is open to whoever can make tables of the same names, or read ours.',
        'Put back what rolecall migrate --sql prints of them (SET search_path = pg_catalog, pg_temp; ENABLE ROW LEVEL SECURITY).',
        altered,
      )
    : ok('schema_protected', 'Functions have their search_path pinned, tables their row-level security.');
}

function checkLogin({ name, superuser, bypassesRowSecurity, isService }: DatabaseInspection['login']): Check {
  if (isService === false) {
    return fail(
      'database_role',
      `${name} is not a member of rolecall_service: the worker may do nothing.`,
      `grant rolecall_service to ${name};`,
    );
  }
  if (superuser || bypassesRowSecurity) {
    return warn(
      'database_role',
      `${name} is ${superuser ? 'a superuser' : 'one who passes by row-level security'}: whoever has its password has everything.`,
      'Give the worker a login of its own: create role rolecall_worker login password ‘…’; grant rolecall_service to rolecall_worker;',
    );
  }
  return isService === null
    ? ok('database_role', `${name} has no rights beyond its own.`)
    : ok('database_role', `${name} has the rights of rolecall_service, and none of a superuser.`);
}

/** Commits carry names, addresses and payloads as parameters, which Postgres writes only when told to. */
function checkLog(loggedBy: readonly string[], login: string): Check {
  if (loggedBy.length === 0) return ok('database_log', 'Postgres writes no payloads into its own log.');
  return warn(
    'database_log',
    'Postgres writes the parameters of statements into its own log: names, addresses and payloads of webhooks.',
    `As a superuser: alter role "${login}" set log_parameter_max_length = 0; alter role "${login}" set log_parameter_max_length_on_error = 0;`,
    loggedBy,
  );
}
