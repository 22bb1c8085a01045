import { expect, test } from 'vitest';
import { checkDatabase } from '../../src/pipeline/doctor/check-database.ts';
import type { DatabaseInspection } from '../../src/pipeline/ports.ts';

// What a server on this machine cannot show.

const sound: DatabaseInspection = {
  version: 150_004,
  encoding: 'UTF8',
  parametersLoggedBy: [],
  login: { name: 'rolecall_worker', superuser: false, bypassesRowSecurity: false, isService: true },
  tls: true,
  pooling: 'session',
  readOnly: false,
  clockAheadMs: 12,
  schema: { exists: true, missing: [], migrations: 20, unpinned: [], unprotected: [] },
  logins: [],
  tables: [],
};

const notOk = (seen: Partial<DatabaseInspection>, isLocal = false) =>
  checkDatabase({ ...sound, ...seen }, isLocal)
    .filter(({ status }) => status !== 'ok')
    .map(({ code, status }) => `${code} ${status}`);

test.each<[string, Partial<DatabaseInspection>, string[]]>([
  ['nothing wrong', {}, []],
  ['a Postgres that is too old', { version: 140_010 }, ['database_version fail']],
  ['a connection without TLS', { tls: false }, ['database_tls warn']],
  ['a pooler in transaction mode', { pooling: 'transaction' }, ['database_pooler warn']],
  ['a pooler in statement mode', { pooling: 'statement' }, ['database_pooler fail']],
  ['a replica', { readOnly: true }, ['database_writable fail']],
  ['a server whose clock is a minute ahead', { clockAheadMs: -60_000 }, ['database_clock warn']],
  ['a server whose clock is an hour behind', { clockAheadMs: 3_600_000 }, ['database_clock fail']],
])('of a database elsewhere the doctor tells %s', (_, seen, told) => {
  expect(notOk(seen)).toEqual(told);
});

test('to a database on this machine nobody has to encrypt', () => {
  expect(notOk({ tls: false }, true)).toEqual([]);
});
