import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  CutoffsAreNoGuess,
  LateNewsGivesNothing,
  NothingGoesBack,
  NothingIsInvented,
} from './support/promises.ts';
import { tokenIsCurrent } from './support/reading.ts';
import { type Scenario, scenario } from './support/scenario.ts';
import { lossless, lossy } from './support/schedule.ts';
import { Simulation } from './support/simulation.ts';
import { tokensOf } from './support/tokens.ts';
import { differences, pictureOfFacts, pictureOfWorld } from './support/truth.ts';
import { EMPTY_WORLD } from './support/world.ts';

const numRuns = Number(process.env['ROLECALL_PROPERTY_RUNS'] ?? 300);

const holds = (name: string, arbitrary: fc.Arbitrary<Scenario>, check: (told: Scenario) => void) =>
  test(name, { timeout: 3_600_000 }, () => {
    fc.assert(fc.property(arbitrary, check), { numRuns, includeErrorInReport: true });
  });

const tell = ({ history, opening, schedules }: Scenario, which = 0): Simulation => {
  const watchers = [
    new NothingGoesBack(),
    new CutoffsAreNoGuess(),
    new NothingIsInvented(history),
    new LateNewsGivesNothing(),
  ];
  const simulation = new Simulation(history, opening.lists, watchers);
  const schedule = schedules[which];
  if (schedule !== undefined) simulation.deliver(schedule);
  return simulation;
};

const present = ({ history }: Scenario) => history.moments.at(-1)?.world ?? EMPTY_WORLD;

describe('whatever way a history is told', () => {
  holds('the facts end as the provider has them', scenario([lossless]), (told) => {
    const simulation = tell(told);
    simulation.settle();
    const { tables } = simulation.store;
    expect(
      differences(pictureOfWorld(present(told), told.history), pictureOfFacts(tables, told.history)),
    ).toEqual([]);
  });
  holds('a token that carries more than its holder has now is refused', scenario([lossless]), (told) => {
    const simulation = tell(told);
    simulation.settle();
    const { tables } = simulation.store;
    const world = present(told);
    const truth = pictureOfWorld(world, told.history);
    const until = told.history.moments.at(-1)?.at ?? 0;
    for (const token of tokensOf(told.history, until)) {
      const now = [...world.memberships.values()].find(
        (m) => m.organizationId === token.organization && m.userId === token.user,
      );
      void truth;
      const held =
        now === undefined || world.users.get(token.user)?.suspended
          ? []
          : (world.roles.get(now.roleId)?.permissions ?? []).map((id) => world.permissions.get(id)?.key);
      const more =
        now === undefined ||
        token.permissions.some((p) => !held.includes(p)) ||
        world.sessions.get(token.session)?.ended ||
        token.mintedAt <= (world.users.get(token.user)?.passwordChangedAt ?? 0);
      if (more && tokenIsCurrent(tables, token)) throw new Error(`accepted: ${JSON.stringify(token)}`);
    }
  });
  holds('losses: after observing everything', scenario([lossy]), (told) => {
    tell(told);
  });
});
