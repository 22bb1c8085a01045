import { existsSync } from 'node:fs';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

const CHROMIUM = process.env['ROLECALL_TEST_CHROMIUM'] ?? '/usr/bin/chromium';

/** Why a test that needs a browser was skipped; null where there is one. */
export const NO_BROWSER = existsSync(CHROMIUM)
  ? null
  : `skipped, for there is no browser at ${CHROMIUM}: name one in ROLECALL_TEST_CHROMIUM`;

export function launch(): Promise<Browser> {
  return chromium.launch({
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
  });
}

/** A page of the console, by somebody who has just signed in at it. */
export async function signedIn(context: BrowserContext, url: string, token: string): Promise<Page> {
  const page = await context.newPage();
  await page.goto(url);
  await page.getByLabel('Token').fill(token);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('button', { name: 'Sign out' }).waitFor();
  return page;
}
