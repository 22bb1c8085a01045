import { expect, test } from 'vitest';
import agenfleet from '../../examples/agenfleet/policy.ts';
import asterAgents from '../../examples/aster-agents/policy.ts';
import astro from '../../examples/astro/policy.ts';
import clerkChat from '../../examples/clerk-chat/policy.ts';
import cstar from '../../examples/cstar/policy.ts';
import { resolvePolicy } from '../../src/policy/index.ts';
import { rolecall } from './support/rolecall.ts';

const examples = [agenfleet, asterAgents, astro, clerkChat, cstar].map(
  (policy) => [policy.name, policy] as const,
);

test.each(examples)(
  'policy show --json prints what %s resolves to, and nothing else',
  async (name, policy) => {
    const { code, stdout, stderr } = await rolecall([
      'policy',
      'show',
      `examples/${name}/policy.ts`,
      '--json',
    ]);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toBe(`${JSON.stringify(resolvePolicy(policy))}\n`);
  },
);

test.each(examples)('policy check finds nothing wrong with %s', async (name) => {
  const file = `examples/${name}/policy.ts`;
  const [words, json] = await Promise.all([
    rolecall(['policy', 'check', file]),
    rolecall(['policy', 'check', file, '--json']),
  ]);
  expect(words).toMatchObject({ code: 0, stderr: '' });
  expect(words.stdout).toMatch(new RegExp(`^${name}: \\d+ roles, \\d+ permissions, no problems\\.\n$`));
  expect(json).toEqual({ code: 0, stderr: '', stdout: `${JSON.stringify({ name, problems: [] })}\n` });
});

test('policy show prints a table of roles and permissions for people', async () => {
  const { code, stdout } = await rolecall(['policy', 'show', 'examples/clerk-chat/policy.ts']);
  const line = (start: string): string[] =>
    (stdout.split('\n').find((one) => one.startsWith(start)) ?? '').split(/ {2,}/);
  expect(code).toBe(0);
  expect(line('organization')).toEqual([
    'organization',
    'org:admin',
    'org:agent',
    'org:manager',
    'org:member',
    'org:workspace_owner',
  ]);
  expect(line('attributes:update')).toEqual([
    'attributes:update',
    'yes',
    'if agent_attributes',
    'yes',
    'yes',
  ]);
  expect(stdout).toContain('org:agent: Agent\n');
  expect(stdout).toContain('  Invites org:agent, org:member\n');
  expect(stdout).toContain('Free seats: org:admin, up to 1, from 5 members on.');
});
