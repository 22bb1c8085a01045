import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const sources = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((path) => /\.tsx?$/.test(path))
  .map((path) => readFileSync(`src/${path}`, 'utf8'));

/** The level and name of every event that some line of the source logs. */
const logged = new Map<string, Set<string>>();
for (const source of sources) {
  for (const [, level = '', argument = ''] of source.matchAll(
    /\blog\.(info|warn|error)\(\s*([^,)]*(?:\?[^:]*:\s*'\w+')?)/g,
  )) {
    for (const [, event = ''] of argument.replace(/^[^?]*\?/, '').matchAll(/'(\w+)'/g)) {
      logged.set(event, new Set([...(logged.get(event) ?? []), level]));
    }
  }
}

test('every event that is logged is documented with its level, and none that is not', () => {
  const rows = [...readFileSync('docs/logs.md', 'utf8').matchAll(/^\| (`[^|]+`) \| ([a-z, ]+) \|/gm)];
  const documented = rows.flatMap(([, events = '', levels = '']) => {
    const named = [...events.matchAll(/`(\w+)`/g)].map(([, event = '']) => event);
    const words = levels.split(', ').map((word) => word.trim());
    return named.map((event, index) => [event, words[index] ?? words[0] ?? ''] as const);
  });
  expect(Object.fromEntries(documented)).toEqual(
    Object.fromEntries([...logged].map(([event, levels]) => [event, [...levels].join(' or ')])),
  );
});

test('no line is logged whose event this test cannot see', () => {
  const calls = sources.flatMap((source) => [...source.matchAll(/\blog\.(?:info|warn|error)\(/g)]);
  const named = sources.flatMap((source) => [
    ...source.matchAll(/\blog\.(?:info|warn|error)\(\s*(?:'|error instanceof StoreUnavailable)/g),
  ]);
  expect(named.length).toBe(calls.length);
});
