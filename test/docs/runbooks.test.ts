import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it, test } from 'vitest';
import { program } from '../../src/cli/program.ts';
import { ROUTES } from '../../src/http/app.ts';
import { PROBLEM_CODES } from '../../src/pipeline/operators/judge-status.ts';
import { problemWith, wordsOf } from './support/commands.ts';

const FOLDER = 'docs/runbooks';
const files = readdirSync(FOLDER).filter((name) => name !== 'README.md');
const read = (name: string) => readFileSync(`${FOLDER}/${name}`, 'utf8');
const commandsIn = (content: string) =>
  // Without what the shell keeps to itself: comments, and where the answer goes.
  [...content.matchAll(/npx rolecall [^\n`]+/g)].map(([line]) =>
    line
      .replace(/\s+[#>|].*/, '')
      .replaceAll('…', '1')
      .trim(),
  );

describe('a runbook', () => {
  it.each(files)(
    '%s says what is seen, what it means for users, where to look, how to mend it and what then',
    (name) => {
      const content = read(name);
      const parts = ['# ', '**You see**', '**For users:**', '## Look', '## Mend', '## Afterwards'].map(
        (part) => content.indexOf(part),
      );
      expect(parts).toEqual(parts.toSorted((a, b) => a - b));
      expect(parts[0]).toBe(0);
      expect(read('README.md')).toContain(`](${name})`);
    },
  );

  it.each([
    ...files,
    'README.md',
    ...[
      'metrics',
      'logs',
      'operations',
      'adopting',
      'console',
      'row-level-security',
      'security',
      '../README',
      '../CHANGELOG',
      '../SECURITY',
    ].map((name) => `../${name}.md`),
  ])('%s names only commands and options that there are', (name) => {
    const commands = commandsIn(read(name));
    for (const line of commands)
      expect([line, problemWith(program(), wordsOf(line).slice(2))]).toEqual([line, null]);
  });

  it.each([
    ...files,
    'README.md',
    '../metrics.md',
    '../operations.md',
    '../security.md',
    '../../SECURITY.md',
  ])('%s names only paths that are served, and files that are there', (name) => {
    const content = read(name);
    const paths = [...content.matchAll(/(?:GET |POST |https:\/\/rolecall\.example)(\/[\w{}/-]+)/g)].map(
      ([, path = '']) => path,
    );
    const known = new Set([...ROUTES.map(({ path }) => path.replaceAll(/:(\w+)/g, '{$1}')), '/healthz']);
    for (const path of paths) expect(known).toContain(path);
    for (const [, target = ''] of content.matchAll(/\]\((?!https?:)([^)#]+)[^)]*\)/g)) {
      expect(existsSync(`${FOLDER}/${name}`.replace(/[^/]+$/, target)), target).toBe(true);
    }
  });
});

test('a command that there is not, an option, and an argument too many are found out', () => {
  const problem = (line: string) => problemWith(program(), wordsOf(line));
  expect(problem('dance')).not.toBeNull();
  expect(problem('effects')).not.toBeNull();
  expect(problem('effects dance')).not.toBeNull();
  expect(problem('effects list --loudly')).not.toBeNull();
  expect(problem('effects list --status')).not.toBeNull();
  expect(problem('effects retry')).not.toBeNull();
  expect(problem('effects retry 1 2')).not.toBeNull();
  expect(problem("replay msg_1 --reason 'it is mended'")).toBeNull();
});

test('every problem of the status is documented, with the thresholds’ words, and none that is not there', () => {
  const documented = [
    ...readFileSync('docs/metrics.md', 'utf8').matchAll(/^\| `([a-z_]+)` \| (red|yellow) \|/gm),
  ];
  expect(documented.map(([, code]) => code).toSorted()).toEqual([...PROBLEM_CODES].toSorted());
});
