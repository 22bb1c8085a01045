import { expect, test } from 'vitest';
import { Actor } from '../../chaos/actor.ts';
import { readOptions } from '../../chaos/options.ts';
import { planFaults, TRACKS } from '../../chaos/plan/faults.ts';
import { planWorld } from '../../chaos/plan/world.ts';
import { createClerkStandIn } from '../../src/testing/clerk/stand-in.ts';

test('the same seed plans the same, another one something else', () => {
  expect(planWorld(1, 30_000)).toEqual(planWorld(1, 30_000));
  expect(planFaults(1, 30_000)).toEqual(planFaults(1, 30_000));
  expect(planWorld(2, 30_000)).not.toEqual(planWorld(1, 30_000));
  expect(planFaults(2, 30_000)).not.toEqual(planFaults(1, 30_000));
});

test('everything that is planned is possible at the provider, and what is silent is never sent', () => {
  for (const seed of [1, 2]) {
    const { opening, steps, quiet } = planWorld(seed, 30_000);
    const clerk = createClerkStandIn({ seed, endpoints: [] });
    const actor = new Actor(clerk);
    for (const step of [...opening, ...steps, ...quiet]) actor.perform(step);
    expect(quiet.length).toBeGreaterThan(5);
    const lost = clerk.history.filter(({ events }) => events.some(({ id }) => actor.lost.has(id)));
    expect(lost.map(({ what }) => what).sort()).toEqual(quiet.map((step) => step.do).sort());
  }
});

test('every kind of fault has its turn in a storm that is long enough, and none begins too late to end in it', () => {
  const kinds = TRACKS.flatMap((track) => track.kinds);
  for (const seed of [1, 2, 3]) {
    const faults = planFaults(seed, 60_000);
    expect(new Set(faults.map(({ kind }) => kind))).toEqual(new Set(kinds));
    expect(faults.every(({ at, ms }) => at + ms <= 60_000)).toBe(true);
  }
});

test('options that make no sense are named', () => {
  expect(readOptions([])).toMatchObject({ stormMs: 600_000, json: false });
  expect(readOptions(['--short', '--seed', '7', '--json'])).toEqual({ seed: 7, stormMs: 28_000, json: true });
  for (const args of [
    ['--minutes', '0'],
    ['--seed', '-1'],
    ['--seed', 'x'],
    ['--short', '--minutes', '1'],
    ['--no'],
  ]) {
    expect(readOptions(args)).toEqual(expect.any(String));
  }
});
