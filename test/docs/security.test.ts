import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const content = readFileSync('docs/security.md', 'utf8');
const [, section = ''] = /^## How each claim is tested$([\s\S]*?)^## /m.exec(content) ?? [];
const claims = [...section.matchAll(/^\| ([^|]+) \| ([^|]+) \| ([^|]*) \|$/gm)]
  .map(([, claim = '', mechanism = '', tests = '']) => ({ claim, mechanism, tests }))
  .filter(({ claim }) => claim !== 'claim');
const paths = (text: string) => [...text.matchAll(/`(test\/[^`]+)`/g)].map(([, path = '']) => path);

test('every claim of the threat model has its mechanism and a test', () => {
  expect(claims.length).toBeGreaterThan(40);
  // Every line of the table was understood as a claim.
  expect(section.match(/^\| .*$/gm)).toHaveLength(claims.length + 1);
  expect(claims.filter(({ tests }) => paths(tests).length === 0)).toEqual([]);
  for (const { tests } of claims) expect(tests.replaceAll(/`test\/[\w./-]+\.test\.ts`/g, '').trim()).toBe('');
});

test('every test that the threat model names is there', () => {
  expect(paths(content).filter((path) => !existsSync(path))).toEqual([]);
});

test('every place that the contents point to is there', () => {
  const headings = new Set(
    [...content.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\w -]/g, '')
        .replaceAll(' ', '-'),
    ),
  );
  for (const [, place = ''] of content.matchAll(/\]\(#([^)]+)\)/g)) expect(headings).toContain(place);
});
