import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WRITER } from '../http/support/operator.ts';
import type { Running } from '../http/support/rolecall.ts';
import { startBroken } from '../support/broken.ts';
import { access, providerAccess } from '../support/rig.ts';
import { until } from '../support/serve.ts';
import { launch, NO_BROWSER, signedIn } from './support/browser.ts';

let rolecall: Running;
let browser: Browser;
beforeAll(async () => {
  if (NO_BROWSER !== null) return;
  [rolecall, browser] = await Promise.all([startBroken(), launch()]);
});
afterAll(async () => {
  await browser?.close();
  await rolecall?.stop();
});

const status = async (page: Page) => {
  await page.getByRole('link', { name: 'Status', exact: true }).click();
  await page.getByRole('heading', { name: 'Status', exact: true }).waitFor();
};
const press = (page: Page, name: string | RegExp) => page.getByRole('button', { name }).first().click();
const follow = (page: Page, name: string) => page.getByRole('link', { name, exact: true }).first().click();

test('with the console alone: a dead revocation, a dead delivery, a hold and a missed removal, back to green', {
  timeout: 120_000,
}, async ({ skip }) => {
  skip(NO_BROWSER !== null, NO_BROWSER ?? '');
  const { clerk, sql } = rolecall;
  const page = await signedIn(await browser.newContext(), `${rolecall.url}/console`, WRITER);
  await page.getByText('Act now').waitFor();
  const active = () =>
    [...clerk.state.sessions.values()].filter(
      ({ userId, status: is }) => userId === 'user_1' && is === 'active',
    );
  expect(active()).toHaveLength(1);

  // The removal that the database refused.
  await follow(page, 'Replay them');
  await press(page, 'Preview a replay of all that match');
  await page.getByRole('heading', { name: 'Replay for real' }).waitFor();
  await page.getByRole('cell', { name: 'user_2 in org_small' }).waitFor();
  await page.getByLabel('Reason').fill('the constraint was a mistake');
  await press(page, 'Replay 1 delivery');
  await page.getByRole('heading', { name: /^Replay \d+$/ }).waitFor();

  // Who is still in who should not be: one session, and a question that was given up.
  await status(page);
  await follow(page, 'Try the dead ones again');
  for (let left = await page.getByRole('button', { name: /^Try again/ }).count(); left > 0; left -= 1) {
    await press(page, /^Try again/);
    await page.getByText('is tried again now.').waitFor();
  }
  await page.getByText('None is dead.').waitFor();
  await until(() => active().length === 0);

  // Those whom Clerk did not list.
  await status(page);
  await follow(page, 'Approve or reject');
  await page.getByText('Clerk did not list 25 of').waitFor();
  await page.getByLabel('Reason').fill('they left');
  await press(page, 'Approve: ask Clerk about each of 25');
  await page.getByText('Nothing waits for you.').waitFor();
  await until(
    async () => (await sql`select from rolecall.members where organization_id = 'org_big'`).length === 35,
  );

  // And whoever nobody has told us of: looked for, seen, then repaired.
  await follow(page, 'Drift');
  await press(page, 'Look only');
  await page.getByRole('cell', { name: 'We have it, Clerk has not' }).waitFor();
  await page.getByRole('cell', { name: 'user_5 in org_small' }).waitFor();
  await page.getByLabel('Reason').fill('the endpoint was disabled');
  await press(page, 'Compare again and repair');
  await page.getByRole('cell', { name: 'asked' }).waitFor();
  await until(async () => (await sql`select from rolecall.effects where status = 'owed'`).length === 0);

  // It had differed: once more, to see that it does not.
  await status(page);
  await follow(page, 'See what differed, and compare again');
  await page.getByLabel('Reason').fill('to be sure');
  await press(page, 'Compare and repair');
  await page.getByText('Nothing: Clerk and Rolecall agree.').waitFor();

  await status(page);
  await page.getByText('All is well').waitFor();
  expect(await page.locator('.problems').count()).toBe(0);
  expect(await access(sql)).toEqual(providerAccess(clerk));
  expect(
    await sql`select distinct operator from rolecall.operator_actions where action in ('retry_effect', 'approve_hold')`,
  ).toEqual([{ operator: 'ann' }]);
  expect(await sql`select reason from rolecall.operator_actions where action = 'approve_hold'`).toEqual([
    { reason: 'they left' },
  ]);
});
