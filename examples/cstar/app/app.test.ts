import { existsSync } from 'node:fs';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startApp } from './start.ts';

const CHROMIUM = process.env['ROLECALL_TEST_CHROMIUM'] ?? '/usr/bin/chromium';
const NO_BROWSER = `skipped, for there is no browser at ${CHROMIUM}: name one in ROLECALL_TEST_CHROMIUM`;
const canBrowse = existsSync(CHROMIUM);

type App = Awaited<ReturnType<typeof startApp>>;
let app: App;
let browser: Browser;
let context: BrowserContext;

beforeAll(async () => {
  if (!canBrowse) return;
  [app, browser] = await Promise.all([
    startApp(0),
    chromium.launch({
      executablePath: CHROMIUM,
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    }),
  ]);
}, 60_000);
afterAll(async () => {
  await browser?.close();
  await app?.stop();
});
beforeEach(async ({ skip }) => {
  skip(!canBrowse, NO_BROWSER);
  context = await browser.newContext();
});
afterEach(() => context?.close());

/** Somebody new in the team. */
async function hire(name: string, role: string): Promise<string> {
  const { clerk } = app.rolecall;
  const { id } = clerk.createUser({ id: `user_${name}` });
  clerk.addMember('org_guild', id, role);
  await app.rolecall.settled();
  return id;
}

async function open(user: string, origin = app.url): Promise<Page> {
  const page = await context.newPage();
  await page.goto(`${origin}/org_guild?as=${user}`);
  return page;
}

const SUBJECT = 'The dragon does not answer';
const data = (page: Page) => page.getByRole('listitem').filter({ hasText: SUBJECT });
const button = (page: Page) => data(page).getByRole('button', { name: 'Delete' });
const says = (page: Page, sentence: string) =>
  page.getByRole('status').filter({ hasText: sentence }).waitFor();

/** Whatever the page shows: the data is fetched by the API, and whether there is a button follows with it. */
async function shows(page: Page, what: { data: boolean; button: boolean }): Promise<void> {
  await data(page).waitFor({ state: what.data ? 'visible' : 'detached' });
  await button(page).waitFor({ state: what.button ? 'visible' : 'detached' });
}
const EVERYTHING = { data: true, button: true };
const NO_BUTTON = { data: true, button: false };
const NOTHING = { data: false, button: false };

describe('an open page, in Chromium', () => {
  test('loses its button and its data when the member is removed', async () => {
    const user = await hire('leaver', 'org:manager');
    const page = await open(user);
    await shows(page, EVERYTHING);
    app.rolecall.clerk.removeMember('org_guild', user);
    await shows(page, NOTHING);
    await says(page, 'You are signed out.');
    await shows(page, NOTHING);
  });

  test('loses its button when the member is downgraded, and after signing in again has only the data', async () => {
    const user = await hire('demoted', 'org:manager');
    const page = await open(user);
    await shows(page, EVERYTHING);
    app.rolecall.clerk.changeRole('org_guild', user, 'org:agent');
    await button(page).waitFor({ state: 'detached' });
    await says(page, 'You are signed out.');
    await shows(page, NOTHING);
    await page.reload();
    await shows(page, NO_BUTTON);
  });

  test('gains its button when the member is promoted, without a reload', async () => {
    const user = await hire('promoted', 'org:agent');
    const page = await open(user);
    await shows(page, NO_BUTTON);
    const loaded = await page.evaluate(() => performance.timeOrigin);
    app.rolecall.clerk.changeRole('org_guild', user, 'org:manager');
    await shows(page, EVERYTHING);
    expect(await page.evaluate(() => performance.timeOrigin)).toBe(loaded);
  });

  test('goes on with a fresh token after its own was cut off', async () => {
    const user = await hire('forgetful', 'org:manager');
    const page = await open(user);
    await shows(page, EVERYTHING);
    const tokens: string[] = [];
    page.on('request', (request) => {
      if (request.url().includes('/v1/me/organizations/')) {
        tokens.push(request.headers()['authorization'] ?? '');
      }
    });
    const refused = page.waitForResponse((answer) => answer.status() === 401);
    app.rolecall.clerk.changePassword(user);
    expect(await (await refused).json()).toMatchObject({ error: { code: 'token_cut_off' } });
    await page.waitForResponse(
      (answer) => answer.url().includes('/v1/me/organizations/') && answer.status() === 200,
    );
    await shows(page, EVERYTHING);
    expect(new Set(tokens).size).toBeGreaterThan(1);
  });

  test('of a team shows nothing to somebody of another team', async () => {
    const page = await open('user_rival');
    await says(page, 'You are no member of this team.');
    await shows(page, NOTHING);
  });

  test('of another origin is not let read what the same member may do', async () => {
    const user = await hire('phished', 'org:manager');
    // The same server by another name is another origin for a browser.
    const elsewhere = await open(user, app.url.replace('localhost', '127.0.0.1'));
    await says(elsewhere, 'What you may do is being looked up again');
    await shows(elsewhere, NOTHING);
    await shows(await open(user), EVERYTHING);
  });
});

describe('whoever makes the button themselves', () => {
  /** What the page's own token gets at the API. */
  const deleted = (page: Page, user: string, id: number) =>
    page.evaluate(
      async ({ as, ticket }) => {
        const session = await (await fetch(`/sign-in?as=${as}`, { method: 'POST' })).text();
        const token = await (await fetch(`/sign-in/${session}`)).text();
        const answer = await fetch(`/api/org_guild/tickets/${ticket}`, {
          method: 'DELETE',
          headers: { authorization: `Bearer ${token}` },
        });
        return { status: answer.status, body: await answer.text() };
      },
      { as: user, ticket: id },
    );

  test('is refused by the API, which names what is missing', async () => {
    const user = await hire('tinkerer', 'org:agent');
    const page = await open(user);
    await shows(page, NO_BUTTON);
    const { status, body } = await deleted(page, user, 1);
    expect(status).toBe(403);
    expect(JSON.parse(body)).toMatchObject({ error: { code: 'forbidden', permission: 'delete_tickets' } });
  });

  test('finds nothing to delete in the database, also where the API would have forgotten to ask', async () => {
    const { clerk } = app.rolecall;
    const user = await hire('insider', 'org:agent');
    const session = clerk.createSession(user, { organizationId: 'org_guild' });
    await app.rolecall.settled();
    const issuedAt = Math.floor(Date.now() / 1_000);
    const caller = { user, session: session.id, issuedAt, organization: 'org_guild' };
    expect(await app.tickets.list(caller)).toHaveLength(2);
    expect(await app.tickets.remove(caller, 1)).toBe(false);

    clerk.removeMember('org_guild', user);
    await app.rolecall.settled();
    expect(await app.tickets.list(caller)).toEqual([]);
  });
});

test('a Manager presses the button, and the ticket is gone for everybody', async () => {
  const [manager, agent] = [await open('user_captain'), await open('user_hero')];
  const potion = (page: Page) => page.getByRole('listitem').filter({ hasText: 'Potion arrived empty' });
  await potion(agent).waitFor();
  await potion(manager).getByRole('button', { name: 'Delete' }).click();
  await potion(manager).waitFor({ state: 'detached' });
  await shows(manager, EVERYTHING);
  await agent.reload();
  await shows(agent, NO_BUTTON);
  expect(await potion(agent).count()).toBe(0);
});
