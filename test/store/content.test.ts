import { afterAll, beforeAll, expect, test } from 'vitest';
import { outcomes, type Rig, startRig, type Worker } from '../support/rig.ts';

let rig: Rig;
/** Of two databases: in the second a backslash in an ordinary literal is an escape, as it once was everywhere. */
let workers: Worker[];
let old: Rig;

beforeAll(async () => {
  [rig, old] = await Promise.all([startRig(), startRig()]);
  await old.sql`do $$ begin
    execute format('alter database %I set standard_conforming_strings = off', current_database());
    execute format('alter database %I set escape_string_warning = off', current_database());
  end $$`;
  workers = [rig.worker(), old.worker()];
});
afterAll(async () => {
  await Promise.all([rig.stop(), old.stop()]);
});

const NAMES = [
  "'; drop table rolecall.users; --",
  "\\'; drop table rolecall.users; --",
  '", "deletedAt": 1, "x": "',
  '\\", \\"deletedAt\\": 1, \\"x\\": \\"',
  'ends in a backslash \\',
  '\\u0027 \\x27 \\047 \\\\u0027',
  '$$ $1 {name} %s \n\r\t\b\f',
  'emoji 🙂, اسم, 名前, \u2028\u2029\ufeff',
  'x'.repeat(20_000),
];

test.each(NAMES)('a name is kept as it was sent, whatever is in it (%#)', async (name) => {
  rig.clerk.createOrganization({ name });
  const told = await rig.news();
  for (const [worker, { sql }] of [
    [workers[0], rig],
    [workers[1], old],
  ] as const) {
    expect(outcomes((await worker?.process(told)) ?? [])).toEqual(['applied']);
    const [kept] = await sql`
      select o.name, o.deleted_at, i.body from rolecall.inbox as i join rolecall.organizations as o on o.id = i.organization_id
       where i.id = ${told[0]?.id ?? ''}`;
    expect(kept).toMatchObject({ name, deleted_at: null });
    expect(new Uint8Array(kept?.['body'] as Buffer)).toEqual(new Uint8Array(told[0]?.body ?? []));
  }
});

test('what Postgres cannot hold in a name costs neither the delivery nor its neighbours anything', async () => {
  rig.clerk.createUser();
  rig.clerk.createOrganization({ name: 'a NUL \u0000 in it' });
  rig.clerk.createOrganization({ name: 'half of a pair \ud83d' });
  rig.clerk.createUser();
  const told = await rig.news();
  expect(outcomes((await workers[0]?.process(told)) ?? [])).toEqual(Array(4).fill('applied'));
  for (const { id, body } of told) {
    const [kept] = await rig.sql`select body from rolecall.inbox where id = ${id}`;
    expect(new Uint8Array(kept?.['body'] as Buffer)).toEqual(new Uint8Array(body));
  }
});

test('a body that holds a NUL byte of its own is stored whole', async () => {
  rig.clerk.createUser();
  const event = rig.clerk.outbox.at(-1);
  if (event === undefined) throw new Error('an event');
  const body = `${event.body}\u0000`;
  const delivery = await rig.delivery(event, { id: 'msg_nul', body });
  expect(outcomes((await workers[0]?.process([delivery])) ?? [])).toEqual(['failed']);
  const [kept] = await rig.sql`select body from rolecall.inbox where id = 'msg_nul'`;
  expect(String(kept?.['body'])).toBe(body);
  await rig.news();
});
