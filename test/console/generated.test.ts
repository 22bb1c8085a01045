import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { CONSOLE_ASSETS, consoleAssets } from '../../tools/console/assets.ts';

test('what browsers are given is made of the script and the style sheet as they are: npm run generate:console', () => {
  expect(
    readFileSync(CONSOLE_ASSETS, 'utf8') === consoleAssets(),
    `${CONSOLE_ASSETS} is not up to date`,
  ).toBe(true);
});
