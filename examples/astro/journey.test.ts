import postgres from 'postgres';
import type { Metadata } from 'rolecall/testing';
import * as v from 'valibot';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Journey, type Person, startJourney } from '../journey-support.ts';
import { createApp } from './app.ts';
import { ORGANIZATION, WORKSPACE } from './page.ts';
import policy from './policy.ts';

const AIRLINE = 'org_airline';
const Decisions = v.object({ evaluations: v.array(v.object({ decision: v.boolean() })) });

const OK = { status: 200, body: { done: true } };
const CUT_OFF = { status: 401, body: { error: { code: 'token_cut_off' } } };
const forbidden = (permission: string) => ({
  status: 403,
  body: { error: { code: 'forbidden', permission } },
});

let journey: Journey;
let app: postgres.Sql;
const first: Person[] = [];
beforeAll(async () => {
  journey = await startJourney(policy, createApp);
  app = postgres(journey.rolecall.database.reader, { max: 1 });
  await journey.happens((clerk) => {
    clerk.defineRole('org:billing_admin', 'Billing Admin', []);
    clerk.defineRole('org:owner', 'Owner', []);
    for (const id of [AIRLINE, 'org_railway']) clerk.createOrganization({ id });
  });
  for (const name of ['ada', 'ben', 'cyd']) first.push(await journey.join(AIRLINE, name, 'org:member'));
});
afterAll(async () => {
  await app?.end();
  await journey?.stop();
});

const read = async (path: string, organization = AIRLINE) =>
  (await journey.read(`/v1/organizations/${organization}/${path}`)).body;
const roleOf = (name: string, organization = AIRLINE) => read(`members/user_${name}`, organization);
const workspaces = (name: string, metadata: Metadata) =>
  journey.happens((clerk) => clerk.updateMembershipMetadata(AIRLINE, `user_${name}`, metadata));

/** A role of the organization, named in a Workspace: found for as long as it stands there. */
const STRAY = { kind: 'unknown_role', user: 'user_stray', role: 'org:owner' };

/** Rows as the page has them: what each of the people may do, there. */
async function asTable(
  rows: readonly string[],
  people: readonly string[],
  resource: { readonly type: string; readonly id: string },
): Promise<readonly string[]> {
  const permissions = rows.map((row) => row.split(' ')[0] ?? '');
  const evaluations = permissions.flatMap((name) =>
    people.map((who) => ({ action: { name }, subject: { type: 'user', id: `user_${who}` } })),
  );
  const { url, tokens } = journey.rolecall;
  const response = await fetch(`${url}/organizations/${AIRLINE}/access/v1/evaluations`, {
    method: 'POST',
    headers: { authorization: `Bearer ${tokens.read}`, 'content-type': 'application/json' },
    body: JSON.stringify({ resource, evaluations }),
  });
  const answers = v.parse(Decisions, await response.json()).evaluations;
  return permissions.map((permission, row) => {
    const decisions = answers.slice(row * people.length, (row + 1) * people.length);
    return [permission, ...decisions.map(({ decision }) => (decision ? '✓' : '·'))].join(' ');
  });
}
const none = (rows: readonly string[]) => rows.map((row) => row.replaceAll('✓', '·'));

test('the first 3 users of a new Organization become its Owners, any new users after that Members', async () => {
  const dee = await journey.join(AIRLINE, 'dee', 'org:member');
  for (const name of ['ada', 'ben', 'cyd']) expect(await roleOf(name)).toMatchObject({ role: 'org:owner' });
  expect(await roleOf('dee')).toMatchObject({ role: 'org:member' });
  for (const owner of first) expect(await journey.ask(journey.token(owner), 'PUT /people')).toEqual(OK);
  const token = journey.token(dee);
  expect(await journey.ask(token, 'PUT /people')).toMatchObject(forbidden('organization_users:update'));
});

test('nobody moves up when one of the first leaves, who is an Owner again when they come back', async () => {
  const ben = { id: 'user_ben', organization: AIRLINE };
  const token = journey.token(await journey.signIn(ben));
  await journey.happens((clerk) => clerk.removeMember(AIRLINE, ben.id));
  expect(await journey.ask(token, 'PUT /people')).toMatchObject({ status: 403 });
  await journey.join(AIRLINE, 'eva', 'org:member');
  for (const name of ['dee', 'eva']) expect(await roleOf(name)).toMatchObject({ role: 'org:member' });
  await journey.happens((clerk) => clerk.addMember(AIRLINE, ben.id, 'org:member'));
  expect(await roleOf('ben')).toMatchObject({ role: 'org:owner' });
  expect(await journey.ask(token, 'PUT /people')).toMatchObject(CUT_OFF);
  expect(await journey.ask(journey.token(await journey.signIn(ben)), 'PUT /people')).toEqual(OK);
});

test('a fourth who is heard of before the third is an Owner only until the third is heard of', async () => {
  const { clerk } = journey;
  const before = clerk.outbox.length;
  clerk.pause();
  for (const name of ['una', 'duo', 'tre']) await journey.join('org_railway', name, 'org:member');
  const four = await journey.join('org_railway', 'four', 'org:member');
  clerk.discard();
  clerk.resume();
  const told = clerk.outbox.slice(before).filter(({ type }) => type === 'organizationMembership.created');
  const third = told[2];
  for (const event of told) if (event !== third) await clerk.deliver(event);
  const token = journey.token(four);
  expect(await roleOf('four', 'org_railway')).toMatchObject({ role: 'org:owner' });
  expect(await journey.ask(token, 'PUT /people')).toEqual(OK);

  if (third !== undefined) await clerk.deliver(third);
  expect(await roleOf('tre', 'org_railway')).toMatchObject({ role: 'org:owner' });
  expect(await roleOf('four', 'org_railway')).toMatchObject({ role: 'org:member' });
  expect(await journey.ask(token, 'PUT /people')).toMatchObject({ status: 403 });
});

test('an Organization role grants what the first table says, in the Organization and in all its Workspaces', async () => {
  await journey.join(AIRLINE, 'bea', 'org:billing_admin');
  const people = ['dee', 'bea', 'ada'];
  const anyWorkspace = { type: 'workspace', id: 'ws_whichever' };
  expect(await asTable(ORGANIZATION, people, { type: 'organization', id: AIRLINE })).toEqual(ORGANIZATION);
  expect(await asTable(ORGANIZATION, people, anyWorkspace)).toEqual(ORGANIZATION);
  expect(await asTable(WORKSPACE, people, anyWorkspace)).toEqual(none(WORKSPACE));
});

test('a Workspace role grants what the second table says, in that Workspace and nowhere else', async () => {
  const people = ['viewer', 'editor', 'admin'];
  for (const name of people) {
    const role = `WORKSPACE_${name.toUpperCase()}`;
    await journey.join(AIRLINE, name, 'org:member', { workspaces: { ws_fleet: role } });
  }
  const inWorkspace = (id: string) => asTable(WORKSPACE, people, { type: 'workspace', id });
  expect(await inWorkspace('ws_fleet')).toEqual(WORKSPACE);
  expect(await inWorkspace('ws_crew')).toEqual(none(WORKSPACE));
  const organization = { type: 'organization', id: AIRLINE };
  expect(await asTable(WORKSPACE, people, organization)).toEqual(none(WORKSPACE));
  expect(await roleOf('admin')).toMatchObject({
    role: 'org:member',
    roles: [
      { role: 'org:member', scope: { type: 'organization', id: AIRLINE } },
      { role: 'WORKSPACE_ADMIN', scope: { type: 'workspace', id: 'ws_fleet' } },
    ],
  });
});

test('an Organization role that metadata names in a Workspace grants nothing there', async () => {
  const inFleet = { type: 'workspace', id: 'ws_fleet' };
  await journey.join(AIRLINE, 'stray', 'org:member', { workspaces: { ws_fleet: 'org:owner' } });
  expect(await asTable(ORGANIZATION, ['stray', 'bea', 'ada'], inFleet)).toEqual(ORGANIZATION);
  expect(await asTable(WORKSPACE, ['stray', 'dee', 'ada'], inFleet)).toEqual(none(WORKSPACE));
  expect(await read('findings')).toMatchObject({ findings: [STRAY] });
});

test('a Workspace Admin sets roles in that Workspace, an Owner those of the Organization', async () => {
  const about = (actor: string, target: string, workspace?: string) => {
    const there = workspace === undefined ? '' : `&scope_type=workspace&scope_id=${workspace}`;
    return read(`assignable-roles?actor=user_${actor}&target=user_${target}${there}`);
  };
  const nothing = { invite: [], change: [], remove: false };
  const roles = ['WORKSPACE_ADMIN', 'WORKSPACE_EDITOR', 'WORKSPACE_VIEWER'];
  expect(await about('admin', 'editor', 'ws_fleet')).toMatchObject({
    invite: roles,
    change: ['WORKSPACE_ADMIN', 'WORKSPACE_VIEWER'],
    remove: true,
  });
  expect(await about('admin', 'dee', 'ws_fleet')).toMatchObject({ invite: roles, change: [], remove: false });
  expect(await about('admin', 'editor', 'ws_crew')).toMatchObject(nothing);
  expect(await about('admin', 'editor')).toMatchObject(nothing);
  expect(await about('editor', 'viewer', 'ws_fleet')).toMatchObject(nothing);
  expect(await about('ada', 'editor', 'ws_fleet')).toMatchObject(nothing);
  expect(await about('ada', 'dee')).toMatchObject({
    change: ['org:billing_admin', 'org:owner'],
    remove: true,
  });
  expect(await about('dee', 'eva')).toMatchObject(nothing);
});

test('whoever loses a Workspace role is refused at once and signed out, and keeps the other Workspaces', async () => {
  const both = { ws_fleet: 'WORKSPACE_ADMIN', ws_crew: 'WORKSPACE_EDITOR' };
  const pilot = await journey.join(AIRLINE, 'pilot', 'org:member', { workspaces: both });
  const token = journey.token(pilot);
  await workspaces('pilot', { workspaces: { ...both, ws_cargo: 'WORKSPACE_VIEWER' } });
  expect(await journey.ask(token, 'GET /workspaces/ws_cargo/deployments')).toEqual(OK);
  expect(await journey.ask(token, 'PUT /workspaces/ws_fleet/access')).toEqual(OK);

  await workspaces('pilot', { workspaces: { ws_crew: 'WORKSPACE_EDITOR' } });
  expect(await journey.ask(token, 'POST /workspaces/ws_crew/deployments')).toMatchObject(CUT_OFF);
  expect(journey.isSignedIn(pilot)).toBe(false);
  const fresh = journey.token(await journey.signIn(pilot));
  expect(await journey.ask(fresh, 'POST /workspaces/ws_crew/deployments')).toEqual(OK);
  expect(await journey.ask(fresh, 'PUT /workspaces/ws_fleet/access')).toMatchObject(
    forbidden('workspace_users:update'),
  );
});

test.each([
  ['a list', { workspaces: ['WORKSPACE_ADMIN'] }, ['workspaces']],
  ['a text', { workspaces: 'WORKSPACE_ADMIN' }, ['workspaces']],
  ['a role that is a number', { workspaces: { ws_fleet: 7 } }, ['workspaces']],
  ['8 KB of junk', { workspaces: { ws_fleet: null }, junk: 'x'.repeat(8_000) }, ['size', 'workspaces']],
])(
  'metadata that cannot be read takes the Workspace role and no more, and is found: %s',
  async (_, told, properties) => {
    const user = 'user_editor';
    await workspaces('editor', { workspaces: { ws_fleet: 'WORKSPACE_EDITOR' } });
    expect(await read('findings')).toMatchObject({ findings: [STRAY] });
    const editor = await journey.signIn({ id: user, organization: AIRLINE });
    const token = journey.token(editor);
    await workspaces('editor', told);
    expect(await journey.ask(token, 'GET /organization')).toMatchObject(CUT_OFF);
    expect(await read('findings')).toMatchObject({
      findings: [STRAY, { kind: 'unreadable_metadata', user, detail: { properties } }],
    });
    const fresh = journey.token(await journey.signIn(editor));
    expect(await journey.ask(fresh, 'GET /workspaces/ws_fleet/deployments')).toMatchObject(
      forbidden('deployments:view'),
    );
    expect(await journey.ask(fresh, 'GET /organization')).toEqual(OK);
  },
);

test('the app reads the same in SQL, without asking over HTTP', async () => {
  const may = async (user: string, permission: string, workspace: string | null) => {
    const [row] = await app`
      select rolecall.has_permission(${user}, ${AIRLINE}, ${permission},
        scope_type => ${workspace === null ? null : 'workspace'}, scope_id => ${workspace}) as held`;
    return row?.held === true;
  };
  expect(await may('user_admin', 'workspace_users:update', 'ws_fleet')).toBe(true);
  expect(await may('user_admin', 'workspace_users:update', 'ws_crew')).toBe(false);
  expect(await may('user_admin', 'workspace_users:update', null)).toBe(false);
  expect(await may('user_ada', 'billing:update', 'ws_fleet')).toBe(true);
  const held = await app`
    select subject_id, role, scope_id from rolecall.grants
     where organization_id = ${AIRLINE} and permission = 'deployments:push_code' and subject_type = 'user'
       and scope_type = 'workspace' order by subject_id`;
  expect([...held]).toEqual([
    { subject_id: 'user_admin', role: 'WORKSPACE_ADMIN', scope_id: 'ws_fleet' },
    { subject_id: 'user_pilot', role: 'WORKSPACE_EDITOR', scope_id: 'ws_crew' },
  ]);
});
