import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults, RunOptions } from 'axe-core';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { OPERATORS, READER, WRITER } from '../http/support/operator.ts';
import { type Running, startRolecall } from '../http/support/rolecall.ts';
import { launch, NO_BROWSER, signedIn } from './support/browser.ts';
import { startScene } from './support/scene.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

let rolecall: Running;
let browser: Browser;
let context: BrowserContext;
/** What the page's own rules refused, or its script threw. */
let complaints: string[];

beforeAll(async () => {
  if (NO_BROWSER !== null) return;
  [rolecall, browser] = await Promise.all([startScene({ paused: false }), launch()]);
});
afterAll(async () => {
  await browser?.close();
  await rolecall?.stop();
});
beforeEach(async ({ skip }) => {
  skip(NO_BROWSER !== null, NO_BROWSER ?? '');
  context = await browser.newContext();
  complaints = [];
  context.on('weberror', (error) => complaints.push(String(error.error())));
  context.on('console', (message) => {
    if (message.text().includes('Content Security Policy')) complaints.push(message.text());
  });
});
afterEach(() => context?.close());

const open = (path = '', token = WRITER) => signedIn(context, `${rolecall.url}/console${path}`, token);

/** Every page that there is, one of each kind. */
async function paths(): Promise<string[]> {
  const [row] = await rolecall.sql`
    select (select id from rolecall.inbox where reason = 'refused_by_database' and organization_id is not null) as failed,
           (select delivery_id from rolecall.changes where kind = 'removed' limit 1) as removed`;
  return [
    '',
    '/deliveries',
    '/deliveries?status=failed&type=user.created',
    '/deliveries?organization=not%20one',
    `/deliveries/${row?.['failed']}`,
    `/deliveries/${row?.['removed']}`,
    '/deliveries/msg_hostile',
    '/deliveries/none',
    '/replays',
    '/replays/1',
    '/effects',
    '/holds',
    '/members',
    '/members?organization=org_acme',
    '/members?organization=org_acme&user=user_3&permission=tickets:view',
    '/reconciliations',
    '/reconciliations/1',
    '/audit',
  ];
}

/** @param rules all of them when left out. */
async function violations(page: Page, rules?: readonly string[]): Promise<string[]> {
  const found = await page.evaluate(async (only) => {
    const { axe } = globalThis as unknown as { axe: { run(options: RunOptions): Promise<AxeResults> } };
    const options: RunOptions = { resultTypes: ['violations'] };
    const results = await axe.run(only === undefined ? options : { ...options, runOnly: [...only] });
    return results.violations;
  }, rules);
  return found.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
}

/** Words that stand out of the card they belong to, which is cut there or scrolled. */
function cutOff(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const words = document.createTreeWalker(
      document.querySelector('main') ?? document.body,
      NodeFilter.SHOW_TEXT,
    );
    const found: string[] = [];
    for (let node = words.nextNode(); node !== null; node = words.nextNode()) {
      const parent = node.parentElement;
      const card = parent?.closest('section, .card, .verdict, .problems li, main');
      // A matrix is scrolled, and a plot is drawn.
      if (parent === null || !card || parent.closest('.matrix, .unseen, svg, option') !== null) continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      const { right, width } = range.getBoundingClientRect();
      if (width > 0 && right > card.getBoundingClientRect().right) found.push(node.textContent ?? '');
    }
    return found;
  });
}

/** As it is seen on a screen, on one in the dark, and on a phone. */
const LOOKS = [
  ['light', { colorScheme: 'light' }, { width: 1280, height: 900 }, undefined],
  // Of what is looked for only the contrast is another one in the dark.
  ['dark', { colorScheme: 'dark' }, { width: 1280, height: 900 }, ['color-contrast']],
  ['on a phone', { colorScheme: 'light' }, { width: 360, height: 740 }, undefined],
] as const;

async function expectWell(page: Page, path: string): Promise<void> {
  await page.evaluate(AXE);
  for (const [look, media, size, rules] of LOOKS) {
    await page.emulateMedia(media);
    await page.setViewportSize(size);
    expect(await violations(page, rules), `${path}, ${look}`).toEqual([]);
    const seen = await page.evaluate(() => ({
      dark: matchMedia('(prefers-color-scheme: dark)').matches,
      tooWide: document.documentElement.scrollWidth - innerWidth,
      owned: 'owned' in globalThis,
      headings: document.querySelectorAll('h1').length,
      styled: getComputedStyle(document.body).display !== 'inline',
    }));
    const wanted = { dark: look === 'dark', tooWide: 0, owned: false, headings: 1, styled: true };
    expect(seen, `${path}, ${look}`).toEqual(wanted);
    if (look === 'on a phone') expect(await cutOff(page), path).toEqual([]);
  }
}

describe('every page, in Chromium', () => {
  it('is accessible, as wide as its window, and runs nothing that others wrote: in the light, in the dark, on a phone', {
    timeout: 120_000,
  }, async () => {
    const stranger = await context.newPage();
    await stranger.goto(`${rolecall.url}/console`);
    await expectWell(stranger, 'the way in');
    const page = await open('/deliveries?status=failed');
    await page.getByRole('button', { name: 'Preview a replay of all that match' }).click();
    await page.waitForURL('**/replays/*');
    await page.goto(`${rolecall.url}/console/reconciliations`);
    await page.getByRole('button', { name: 'Look only' }).click();
    await page.waitForURL('**/reconciliations/*');
    for (const path of await paths()) {
      await page.goto(`${rolecall.url}/console${path}`);
      await expectWell(page, path);
    }
    expect(complaints).toEqual([]);
  });
});

describe('by keyboard alone', () => {
  it('one signs in, skips the menu, and reaches every link and button with its focus seen', async () => {
    const page = await context.newPage();
    await page.goto(`${rolecall.url}/console/effects`);
    // A page that has loaded gives the focus a moment later.
    await page.locator('input[name=token]:focus').waitFor();
    await page.keyboard.type(WRITER);
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Sign out' }).waitFor();
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Skip to content');
    await page.keyboard.press('Enter');
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('main');
    const wanted = await page.locator('main :is(a, button, input, select)').count();
    const reached = new Set<string>();
    for (let n = 0; n < wanted; n += 1) {
      await page.keyboard.press('Tab');
      const { what, outline } = await page.evaluate(() => {
        const focused = document.activeElement;
        const all = [...document.querySelectorAll('main :is(a, button, input, select)')];
        return {
          what: String(focused === null ? -1 : all.indexOf(focused)),
          outline: focused === null ? '' : getComputedStyle(focused).outlineStyle,
        };
      });
      reached.add(what);
      expect(outline).toBe('solid');
    }
    expect(reached.size).toBe(wanted);
  });

  it('a few keys lead everywhere, and none of them gets into the way of typing', async () => {
    const page = await open();
    const section = async (keys: readonly string[], heading: string) => {
      for (const key of keys) await page.keyboard.press(key);
      await page.getByRole('heading', { level: 1, name: heading, exact: true }).waitFor();
      // The keys are the script's, which runs when the page is there.
      await page.waitForLoadState();
    };
    await section(['g', 'd'], 'Deliveries');
    await section(['g', 'h'], 'Holds');
    await section(['g', 'm'], 'Members');
    await page.keyboard.press('/');
    await page.keyboard.type('g s?/');
    expect(await page.getByRole('textbox').inputValue()).toBe('g s?/');
    await page.keyboard.press('Enter');
    await page.waitForURL('**/members?query=*');
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keys' }).waitFor();
    await page.getByLabel('Use these keys').uncheck();
    await page.keyboard.press('Escape');
    await page.keyboard.press('g');
    await page.keyboard.press('s');
    await page.keyboard.press('?');
    expect(await page.getByRole('dialog').isVisible()).toBe(false);
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('Members');
    await page.getByRole('button', { name: 'Keys' }).click();
    await page.getByLabel('Use these keys').check();
    await page.keyboard.press('Escape');
    await section(['g', 's'], 'Status');
  });
});

describe('an open page', () => {
  // It asks for news every few seconds: the browser's clock is put forward to then.
  beforeEach(() => context.clock.install());
  const later = () => context.clock.fastForward(4_000);

  it('shows what arrives by itself, and takes neither the focus nor a tick away', async () => {
    const page = await open('/deliveries?type=unheard.of');
    await page.getByText('No delivery matches.').waitFor();
    const filter = page.getByLabel('Organization');
    await filter.fill('half writ');
    await rolecall.post(
      JSON.stringify({ type: 'unheard.of', data: { id: 'x' }, object: 'event', timestamp: Date.now() }),
      { id: 'msg_new' },
    );
    await later();
    await page.getByRole('link', { name: 'msg_new' }).waitFor();
    expect(await filter.inputValue()).toBe('half writ');
    expect(await filter.evaluate((field) => field === document.activeElement)).toBe(true);
    // A list in which something is ticked stays as it is until that is done.
    await page.getByLabel('Replay msg_new').check();
    await rolecall.post(
      JSON.stringify({ type: 'unheard.of', data: { id: 'y' }, object: 'event', timestamp: Date.now() }),
      { id: 'msg_newer' },
    );
    // The answer before the last one has been shown when the last one comes.
    for (const _ of [1, 2]) {
      const answered = page.waitForResponse((answer) => answer.url().includes('/deliveries'));
      await later();
      await answered;
    }
    expect(await page.getByRole('link', { name: 'msg_newer' }).count()).toBe(0);
    await page.getByLabel('Replay msg_new').uncheck();
    await page.getByLabel('Organization').focus();
    await later();
    await page.getByRole('link', { name: 'msg_newer' }).waitFor();
  });

  it('says so when it is signed out elsewhere, and when the server is gone', async () => {
    const other = await startRolecall({ environment: OPERATORS });
    try {
      const page = await signedIn(context, `${other.url}/console`, WRITER);
      await other.sql`update rolecall.console_sessions set expires_at = clock_timestamp()`;
      await later();
      await page.getByText('You are signed out.').waitFor();
      await page.getByRole('button', { name: 'Sign out' }).click();
      await page.getByRole('heading', { name: 'Sign in' }).waitFor();
      await page.getByLabel('Token').fill(WRITER);
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByRole('button', { name: 'Sign out' }).waitFor();
    } finally {
      await other.stop();
    }
    const [page] = context.pages();
    await later();
    await page?.getByText('The server does not answer').waitFor();
  });

  it('says why something was refused, where it was asked for', async () => {
    const page = await context.newPage();
    await page.goto(`${rolecall.url}/console`);
    await page.getByLabel('Token').fill('wrong');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').filter({ hasText: 'That is no operator’s token.' }).waitFor();
    await page.getByLabel('Token').fill(WRITER);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('button', { name: 'Sign out' }).waitFor();
    await page.goto(`${rolecall.url}/console/deliveries`);
    await page.getByRole('button', { name: 'Preview a replay of those ticked' }).click();
    await page.getByRole('alert').filter({ hasText: 'Tick at least one delivery.' }).waitFor();
  });

  it('has no button for those who may only look, and refuses what they send nevertheless', async () => {
    const page = await open('/holds', READER);
    await page.getByText('may only look').waitFor();
    expect(await page.getByRole('button', { name: /Approve|Reject/ }).count()).toBe(0);
    const status = await page.evaluate(async () => {
      const headers = { 'rolecall-console': '1' };
      const sent = await fetch('holds/1/approve', { method: 'POST', headers, body: new URLSearchParams() });
      return sent.status;
    });
    expect(status).toBe(403);
  });

  it('of another site can neither change anything nor show a page in a frame', async () => {
    const victim = await open('/effects');
    const evil = await startRolecall({ environment: OPERATORS });
    try {
      const page = await context.newPage();
      // A page of another origin, in the browser of somebody who is signed in.
      await page.goto(`${evil.url}/healthz`);
      const target = `${rolecall.url}/console/effects/pause`;
      const result = await page.evaluate(async (url) => {
        const body = new URLSearchParams({ reason: 'evil' });
        const post = (init: RequestInit) =>
          fetch(url, { method: 'POST', body, credentials: 'include', ...init }).then(
            ({ type }) => type,
            () => 'refused',
          );
        const plain = await post({ mode: 'no-cors' });
        const asked = await post({ headers: { 'rolecall-console': '1' } });
        return [plain, asked];
      }, target);
      expect(result).toEqual(['refused', 'refused']);
      const [row] = await rolecall.sql`select effects_paused_at from rolecall.operations`;
      expect(row).toEqual({ effects_paused_at: null });
      await page.evaluate((url) => {
        const frame = document.createElement('iframe');
        frame.src = url;
        document.body.append(frame);
        return new Promise((resolve) => frame.addEventListener('load', resolve));
      }, `${rolecall.url}/console`);
      const frames = page.frames().filter((frame) => frame !== page.mainFrame());
      expect(await Promise.all(frames.map((frame) => frame.content().catch(() => '')))).not.toEqual([
        expect.stringContaining('Rolecall'),
      ]);
    } finally {
      await victim.close();
      await evil.stop();
    }
  });
});
