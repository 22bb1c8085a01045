import { existsSync, readFileSync } from 'node:fs';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { PROBLEM_CODES } from '../../src/pipeline/operators/judge-status.ts';
import { METRICS } from '../../src/pipeline/operators/metric-names.ts';
import { type Selector, selectorsOf } from './support/promql.ts';

const text = v.pipe(v.string(), v.nonEmpty());
const rule = v.strictObject({
  alert: v.pipe(v.string(), v.regex(/^Rolecall[A-Z][A-Za-z]+$/)),
  expr: text,
  for: v.optional(v.pipe(v.string(), v.regex(/^\d+[smh]$/))),
  labels: v.strictObject({ severity: v.picklist(['critical', 'warning']) }),
  annotations: v.strictObject({ summary: text, runbook: text }),
});
const rules = v
  .parse(
    v.strictObject({ groups: v.array(v.strictObject({ name: text, rules: v.array(rule) })) }),
    parse(readFileSync('docs/alerts/rolecall.yml', 'utf8'), { strict: true, uniqueKeys: true }),
  )
  .groups.flatMap((group) => group.rules);

const panel = v.object({
  id: v.number(),
  title: text,
  targets: v.pipe(v.array(v.object({ expr: text, refId: text })), v.nonEmpty()),
  gridPos: v.object({ x: v.number(), y: v.number(), w: v.number(), h: v.number() }),
});
const { panels } = v.parse(
  v.object({ title: v.literal('Rolecall'), panels: v.array(panel) }),
  JSON.parse(readFileSync('docs/alerts/rolecall-dashboard.json', 'utf8')),
);

const suffixes = { counter: [''], gauge: [''], histogram: ['_bucket', '_sum', '_count'] };
const series = new Set([
  // Prometheus’ own: whether the last scrape came through.
  'up',
  ...Object.entries(METRICS).flatMap(([name, [type]]) => suffixes[type].map((suffix) => `${name}${suffix}`)),
]);

function expectKnown({ metric, matchers }: Selector, where: string): void {
  expect(series, where).toContain(metric);
  if (metric !== 'rolecall_problem') return;
  const [[, operator = '', wanted = ''] = []] = matchers.filter(([label]) => label === 'code');
  if (operator === '') return;
  for (const code of wanted.split('|')) expect(PROBLEM_CODES, where).toContain(code);
}

describe('an alert', () => {
  it.each(rules.map((one) => [one.alert, one] as const))(
    '%s looks at metrics that exist, and has its runbook',
    (name, one) => {
      const selectors = selectorsOf(one.expr);
      expect(selectors.length).toBeGreaterThan(0);
      for (const selector of selectors) expectKnown(selector, name);
      expect(one.annotations.runbook).toMatch(/^docs\/runbooks\/[a-z-]+\.md$/);
      expect(existsSync(one.annotations.runbook), one.annotations.runbook).toBe(true);
      // Whoever comes by the alert finds its name there.
      expect(readFileSync(one.annotations.runbook, 'utf8')).toContain(name);
    },
  );

  it('is there for everything that somebody is to be woken for', () => {
    const named = new Set(rules.map(({ annotations }) => /([a-z-]+)\.md/.exec(annotations.runbook)?.[1]));
    for (const runbook of [
      'endpoint-disabled',
      'signing-secret',
      'clerk-down',
      'postgres-down',
      'mass-loss',
      'restore',
      'bad-policy',
      'leaked-token',
      'dead-deliveries',
      'revocations-owed',
      'drift',
    ]) {
      expect(named).toContain(runbook);
    }
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
  });
});

describe('the dashboard', () => {
  it.each(panels.map((one) => [one.title, one] as const))(
    'shows %s of metrics that exist',
    (title, { targets }) => {
      for (const { expr } of targets) for (const selector of selectorsOf(expr)) expectKnown(selector, title);
    },
  );

  it('has a place for every panel, and shows every figure that is no label of another', () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    for (const [at, { gridPos: one, title }] of panels.entries()) {
      expect(one.x + one.w, title).toBeLessThanOrEqual(24);
      for (const { gridPos: other } of panels.slice(at + 1)) {
        const apart =
          one.x + one.w <= other.x ||
          other.x + other.w <= one.x ||
          one.y + one.h <= other.y ||
          other.y + other.h <= one.y;
        expect(apart, title).toBe(true);
      }
    }
  });
});
