import postgres from 'postgres';
import * as v from 'valibot';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Journey, startJourney } from '../journey-support.ts';
import { createApp } from './app.ts';
import { PAGE, ROLES } from './page.ts';
import policy from './policy.ts';

const TEAM = 'org_guild';
const Decisions = v.object({ evaluations: v.array(v.object({ decision: v.boolean() })) });
const sentence = v.pipe(v.string(), v.regex(/^[A-Z].{40,}\.$/));
const described = v.object({ title: v.string(), badge: v.string(), description: sentence });
const Described = v.object({ roles: v.record(v.string(), described) });

const OK = { status: 200, body: { done: true } };
const CUT_OFF = { status: 401, body: { error: { code: 'token_cut_off' } } };
const forbidden = (permission: string) => ({
  status: 403,
  body: { error: { code: 'forbidden', permission } },
});

let journey: Journey;
let app: postgres.Sql;
let superuser: postgres.Sql;
beforeAll(async () => {
  journey = await startJourney(policy, createApp);
  const { reader, url } = journey.rolecall.database;
  [app, superuser] = [postgres(reader, { max: 1 }), postgres(url, { max: 1 })];
  await journey.happens((clerk) => {
    for (const role of ROLES) if (role !== 'org:admin') clerk.defineRole(role, role, []);
    for (const id of [TEAM, 'org_veterans', 'org_heirs', 'org_newcomers']) clerk.createOrganization({ id });
  });
});
afterAll(async () => {
  await Promise.all([app?.end(), superuser?.end()]);
  await journey?.stop();
});

const read = async (path: string) => (await journey.read(`/v1/${path}`)).body;
const findings = (organization: string) => read(`organizations/${organization}/findings`);

/** A minute goes by without waiting for it: what waits for roles to settle is due now. */
const aMinuteGoesBy = async () => {
  await superuser`
    update rolecall.effects set due_at = clock_timestamp() where kind = 'check_constraints' and status = 'owed'`;
  await journey.rolecall.settled();
};

test('existing teams: Admins stay Admins, Agents stay Agents, nothing breaks, nothing resets', async () => {
  const permissions = Object.fromEntries(
    Object.entries(policy.permissions).filter(([permission]) => permission !== 'manage_billing'),
  );
  await journey.rolecall.applyPolicy({
    name: 'cstar with two roles',
    permissions,
    roles: {
      'org:admin': {
        title: 'Admin',
        description: 'Wears every hat',
        givenToCreator: true,
        can: Object.keys(permissions),
        assigns: ['org:admin', 'org:agent'],
      },
      'org:agent': policy.roles['org:agent'],
    },
  });
  const ann = await journey.join('org_veterans', 'ann', 'org:admin');
  const bob = await journey.join('org_veterans', 'bob', 'org:agent');
  const cid = await journey.join('org_veterans', 'cid', 'org:agent');
  const [anns, bobs, cids] = [journey.token(ann), journey.token(bob), journey.token(cid)];

  const sixRoles = await journey.rolecall.applyPolicy(policy);
  expect(sixRoles).toMatchObject({ result: 'applied', preview: { cutOff: 0, members: 3 } });
  expect(await journey.ask(anns, 'POST /members')).toEqual(OK);
  expect(await journey.ask(bobs, 'PATCH /tickets')).toEqual(OK);

  await journey.happens((clerk) => {
    clerk.changeRole('org_veterans', ann.id, 'org:owner');
    clerk.changeRole('org_veterans', bob.id, 'org:manager');
    clerk.changeRole('org_veterans', cid.id, 'org:librarian');
  });
  expect(await journey.ask(anns, 'PUT /billing')).toEqual(OK);
  expect(await journey.ask(bobs, 'DELETE /tickets')).toEqual(OK);
  // Who gains articles and loses tickets was downgraded, and is the only one who has to sign in again.
  expect(await journey.ask(cids, 'PUT /articles')).toMatchObject(CUT_OFF);
  expect([ann, bob, cid].map(journey.isSignedIn)).toEqual([true, true, false]);
});

test('23 permissions: every action maps to one, and every one to specific roles', async () => {
  const names = ['guildmaster', 'commander', 'captain', 'lorekeeper', 'hero', 'watcher'];
  for (const [index, role] of ROLES.entries()) await journey.join(TEAM, names[index] ?? '', role);
  const permissions = Object.keys(policy.permissions);
  expect(permissions).toHaveLength(23);
  const evaluations = permissions.flatMap((name) =>
    names.map((who) => ({ action: { name }, subject: { type: 'user', id: `user_${who}` } })),
  );
  const { url, tokens } = journey.rolecall;
  const response = await fetch(`${url}/access/v1/evaluations`, {
    method: 'POST',
    headers: { authorization: `Bearer ${tokens.read}`, 'content-type': 'application/json' },
    body: JSON.stringify({ resource: { type: 'organization', id: TEAM }, evaluations }),
  });
  const answers = v.parse(Decisions, await response.json()).evaluations;
  const rows = permissions.map((permission, row) => {
    const decisions = answers.slice(row * ROLES.length, (row + 1) * ROLES.length);
    return [permission, ...decisions.map(({ decision }) => (decision ? '✓' : '·'))].join(' ');
  });
  expect(rows.sort()).toEqual(PAGE.toSorted());
});

test('enforced at three layers: the UI hides the button, the API rejects, the database keeps the row', async () => {
  await superuser.unsafe(`
    create table tickets (id integer primary key);
    alter table tickets enable row level security;
    grant select, delete on tickets to rolecall_reader;
    create policy readable on tickets for select using (true);
    create policy deletable on tickets for delete using (
      rolecall.has_permission(current_setting('app.user'), '${TEAM}', 'delete_tickets'));
    insert into tickets values (1)`);
  const tries = async (name: string) => {
    const person = await journey.signIn({ id: `user_${name}`, organization: TEAM });
    const member = await read(`organizations/${TEAM}/members/${person.id}`);
    const deleted = await app.begin(async (sql) => {
      await sql`select set_config('app.user', ${person.id}, true)`;
      return sql`delete from tickets`;
    });
    return [
      JSON.stringify(member).includes('"delete_tickets"'),
      await journey.ask(journey.token(person), 'DELETE /tickets'),
      deleted.count,
    ];
  };
  expect(await tries('hero')).toMatchObject([false, forbidden('delete_tickets'), 0]);
  expect(await tries('captain')).toMatchObject([true, OK, 1]);
});

test('read-only access does not mean read-only fun', async () => {
  const watcher = await journey.signIn({ id: 'user_watcher', organization: TEAM });
  const token = journey.token(watcher);
  expect(await journey.ask(token, 'GET /tickets')).toEqual(OK);
  expect(await journey.ask(token, 'PATCH /tickets')).toMatchObject(forbidden('work_tickets'));
  expect(await journey.ask(token, 'POST /boss-battles')).toEqual(OK);
});

test('Owners assign any role, Admins Manager and below and no other Admins, all others none', async () => {
  const about = (actor: string, target: string) =>
    read(`organizations/${TEAM}/assignable-roles?actor=user_${actor}&target=user_${target}`);
  const below = ['org:agent', 'org:librarian', 'org:manager', 'org:spectator'];
  const nothing = { invite: [], change: [], remove: false };
  await journey.join(TEAM, 'strategist', 'org:admin');

  expect(await about('guildmaster', 'hero')).toMatchObject({
    invite: ['org:admin', ...below],
    change: ['org:admin', 'org:librarian', 'org:manager', 'org:spectator'],
    remove: true,
  });
  expect(await about('guildmaster', 'commander')).toMatchObject({ change: below, remove: true });
  expect(await about('commander', 'hero')).toMatchObject({
    invite: below,
    change: ['org:librarian', 'org:manager', 'org:spectator'],
    remove: true,
  });
  for (const target of ['strategist', 'commander', 'guildmaster'])
    expect(await about('commander', target)).toMatchObject({ invite: below, change: [], remove: false });
  for (const actor of ['captain', 'lorekeeper', 'hero', 'watcher', 'nobody'])
    expect(await about(actor, 'hero')).toMatchObject(nothing);

  const invite = (role: string) =>
    journey.happens((clerk) =>
      clerk.createInvitation(TEAM, 'new@example.com', role, { inviterId: 'user_commander' }),
    );
  await invite('org:manager');
  expect(await findings(TEAM)).toEqual({ findings: [] });
  const { id } = await invite('org:admin');
  expect(await findings(TEAM)).toMatchObject({
    findings: [{ kind: 'inviter_may_not_invite', user: 'user_commander', role: 'org:admin' }],
  });
  await journey.happens((clerk) => clerk.revokeInvitation(id));
  expect(await findings(TEAM)).toEqual({ findings: [] });
});

test('the invite dialog has each role with its game title, badge and a plain-English description', async () => {
  const { roles } = v.parse(Described, await read('roles'));
  const shown = Object.entries(roles).map(([key, { title, badge }]) => `${key}, ${badge}: ${title}`);
  expect(shown).toEqual([
    'org:admin, indigo: Admin — The Commander',
    'org:agent, coral: Agent — The Hero',
    'org:librarian, sky blue: Librarian — The Lorekeeper',
    'org:manager, orange: Manager — The Captain',
    'org:owner, midnight: Owner — The Guildmaster',
    'org:spectator, fuchsia: Spectator — The Watcher',
  ]);
});

test('three Spectators are free, the fourth takes a paid seat', async () => {
  const seats = () => read(`organizations/${TEAM}/seats`);
  const joins = (name: string) => journey.join(TEAM, name, 'org:spectator');
  expect(await seats()).toMatchObject({ total: 7, free: 1, paid: 6 });
  await joins('ceo');
  await joins('pm');
  expect(await seats()).toMatchObject({ total: 9, free: 3, paid: 6 });
  await joins('trainee');
  expect(await seats()).toMatchObject({ total: 10, free: 3, paid: 7 });
  expect(await seats()).toMatchObject({ by_role: { 'org:spectator': { members: 4, paid: 1 } } });
});

test.each(['stepping down', 'taking over'])(
  'ownership is transferred, whichever event comes first: %s',
  async (first) => {
    const { clerk } = journey;
    const team = first === 'stepping down' ? 'org_heirs' : 'org_newcomers';
    const owner = await journey.join(team, `owner_of_${team}`, 'org:owner');
    const heir = await journey.join(team, `heir_of_${team}`, 'org:admin');
    const [owners, heirs] = [journey.token(owner), journey.token(heir)];

    clerk.pause();
    await journey.happens(() => clerk.changeRole(team, owner.id, 'org:admin'));
    await journey.happens(() => clerk.changeRole(team, heir.id, 'org:owner'));
    const told = clerk.outbox.slice(-2);
    clerk.discard();
    clerk.resume();
    for (const event of first === 'stepping down' ? told : told.toReversed()) {
      await clerk.deliver(event);
      await journey.rolecall.settled();
      expect(await findings(team)).toEqual({ findings: [] });
    }
    expect(await journey.ask(owners, 'PUT /billing')).toMatchObject(CUT_OFF);
    expect(await journey.ask(heirs, 'PUT /billing')).toEqual(OK);
    await aMinuteGoesBy();
    expect(await findings(team)).toEqual({ findings: [] });
  },
);

test('there is exactly one Owner per team: two of them for more than a minute are found', async () => {
  const holders = ['user_captain', 'user_guildmaster'];
  await journey.happens((clerk) => clerk.changeRole(TEAM, 'user_captain', 'org:owner'));
  expect(await findings(TEAM)).toEqual({ findings: [] });
  await aMinuteGoesBy();
  const found = { kind: 'exactly_one', role: 'org:owner', detail: { holders } };
  expect(await findings(TEAM)).toMatchObject({ findings: [found] });
  await journey.happens((clerk) => clerk.changeRole(TEAM, 'user_captain', 'org:manager'));
  await aMinuteGoesBy();
  expect(await findings(TEAM)).toEqual({ findings: [] });
});

test('a role made in the dashboard that cStar does not know grants nothing, and is found by its name', async () => {
  await journey.happens((clerk) => clerk.defineRole('org:bard', 'Bard', ['org:tickets:sing']));
  const bard = await journey.join(TEAM, 'bard', 'org:bard');
  const member = { member: true, role: 'org:bard', permissions: [] };
  expect(await read(`organizations/${TEAM}/members/${bard.id}`)).toMatchObject(member);
  expect(await journey.ask(journey.token(bard), 'POST /boss-battles')).toMatchObject(
    forbidden('game_participation'),
  );
  expect(await findings(TEAM)).toMatchObject({ findings: [{ kind: 'unknown_role', role: 'org:bard' }] });
  await journey.happens((clerk) => clerk.changeRole(TEAM, bard.id, 'org:spectator'));
  expect(await findings(TEAM)).toEqual({ findings: [] });
});

test('a role renamed in the dashboard, to what cStar does not know, grants nothing until it is renamed back', async () => {
  const hero = await journey.signIn({ id: 'user_hero', organization: TEAM });
  const token = journey.token(hero);
  await journey.happens((clerk) => clerk.renameRole('org:agent', 'org:paladin'));
  expect(await journey.ask(token, 'PATCH /tickets')).toMatchObject(CUT_OFF);
  expect(journey.isSignedIn(hero)).toBe(true);
  const found = { kind: 'unknown_role', role: 'org:paladin' };
  expect(await findings(TEAM)).toMatchObject({ findings: [{ ...found, detail: { held_as: 'org:agent' } }] });
  await journey.happens((clerk) => clerk.updateMembershipMetadata(TEAM, hero.id, { level: 7 }));
  expect(await journey.ask(journey.token(hero), 'PATCH /tickets')).toMatchObject(forbidden('work_tickets'));
  expect(await findings(TEAM)).toMatchObject({ findings: [found] });
  await journey.happens((clerk) => clerk.renameRole('org:paladin', 'org:agent'));
  expect(await findings(TEAM)).toEqual({ findings: [] });
  expect(await journey.ask(journey.token(hero), 'PATCH /tickets')).toEqual(OK);
});

test('a role deleted in the dashboard grants nothing any more, and refuses the tokens of those who held it', async () => {
  const lorekeeper = await journey.signIn({ id: 'user_lorekeeper', organization: TEAM });
  const token = journey.token(lorekeeper);
  await journey.happens((clerk) => clerk.deleteRole('org:librarian', { force: true }));
  expect(await journey.ask(token, 'PUT /articles')).toMatchObject(CUT_OFF);
  expect(journey.isSignedIn(lorekeeper)).toBe(true);
  expect(await findings(TEAM)).toMatchObject({
    findings: [{ kind: 'unknown_role', role: 'org:librarian', detail: { deleted: true } }],
  });
  expect(await journey.ask(journey.token(lorekeeper), 'PUT /articles')).toMatchObject(
    forbidden('manage_articles'),
  );
});
