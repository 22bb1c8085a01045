import * as fc from 'fast-check';
import { describe, test } from 'vitest';
import type { History } from './support/history.ts';
import { type MovedPolicy, movedPolicy } from './support/moved-policy.ts';
import {
  ChangesTellAll,
  CutoffsAreNoGuess,
  FeaturesCutOff,
  LateNewsGivesNothing,
  NothingGoesBack,
  NothingIsInvented,
} from './support/promises.ts';
import { tokenIsCurrent } from './support/reading.ts';
import { type Scenario, scenario } from './support/scenario.ts';
import { lossless, lossy, type Schedule } from './support/schedule.ts';
import { SharedLossesAreFound } from './support/shared-losses.ts';
import { Simulation, type Watcher } from './support/simulation.ts';
import { reasonToRefuse, type Token, tokensAt, tokensOf } from './support/tokens.ts';
import { differences, pictureOfFacts, pictureOfWorld, rowsOf } from './support/truth.ts';
import { EMPTY_WORLD } from './support/world.ts';

// Rule 10, against random histories of a provider. For longer runs: ROLECALL_PROPERTY_RUNS=20000.

const numRuns = Number(process.env['ROLECALL_PROPERTY_RUNS'] ?? 1000);
const timeout = 60_000 + numRuns * 50;

function holdsFor<Told>(sentence: string, told: fc.Arbitrary<Told>, check: (told: Told) => void): void {
  test(sentence, { timeout }, () => {
    fc.assert(fc.property(told, check), { numRuns, includeErrorInReport: true });
  });
}

function holds(
  sentence: string,
  schedules: readonly fc.Arbitrary<Schedule>[],
  check: (told: Scenario) => void,
): void {
  holdsFor(sentence, scenario(schedules), check);
}

function tell(told: Scenario, watchers: readonly Watcher[] = [], which = 0): Simulation {
  const simulation = new Simulation(told.history, told.opening.lists, watchers);
  const schedule = told.schedules[which];
  if (schedule !== undefined) simulation.deliver(schedule);
  return simulation;
}

const present = ({ history }: Scenario) => history.moments.at(-1)?.world ?? EMPTY_WORLD;

function expectTheTruth(told: Scenario, { store }: Simulation, world = present(told)): void {
  const truth = pictureOfWorld(world, told.history);
  expectNone(differences(truth, pictureOfFacts(store.tables, told.history)));
}

/** Every token that carries more than its holder has in the end. */
function expectRefused(tokens: readonly Token[], history: History, { store }: Simulation): void {
  for (const token of tokens) {
    const reason = reasonToRefuse(history, token);
    if (reason === null || !tokenIsCurrent(store.tables, token)) continue;
    throw new Error(`${token.user} ${reason}, and this is accepted: ${JSON.stringify(token)}`);
  }
}

/** In words, because fast-check prints no more of a failure than its message. */
function expectNone(problems: readonly string[]): void {
  if (problems.length > 0) throw new Error(problems.join('\n'));
}

describe('when every message arrives, in whatever order, how often and how late, and questions are answered', () => {
  holds('the facts are what the provider has', [lossless], (told) => {
    const simulation = tell(told);
    simulation.settle();
    expectTheTruth(told, simulation);
  });

  holds('two ways of telling end in the same rows', [lossless, lossless], (told) => {
    const rows = [0, 1].map((which) => {
      const simulation = tell(told, [], which);
      simulation.settle();
      return rowsOf(simulation.store.tables);
    });
    expectNone([...differences(rows[0] ?? {}, rows[1] ?? {}), ...differences(rows[1] ?? {}, rows[0] ?? {})]);
  });

  holds('a token that carries more than its holder has now is refused', [lossless], (told) => {
    const simulation = tell(told);
    simulation.settle();
    expectRefused(tokensOf(told.history), told.history, simulation);
  });

  holds('a token that is minted after all that is accepted', [lossless], (told) => {
    const simulation = tell(told);
    simulation.settle();
    for (const token of tokensAt(present(told), told.history.policy, simulation.now)) {
      if (!tokenIsCurrent(simulation.store.tables, token))
        throw new Error(`refused: ${JSON.stringify(token)}`);
    }
  });
});

describe('at every step, whatever arrived and whatever did not', () => {
  const always = (sentence: string, watch: (told: Scenario) => Watcher) =>
    holds(sentence, [lossy], (told) => tell(told, [watch(told)]).settle());

  always('cutoffs never decrease, and what was deleted stays deleted', () => new NothingGoesBack());
  always('no cutoff of a member or user is later than what was said of them', () => new CutoffsAreNoGuess());
  always('a feature that goes off cuts off what hung on it', () => new FeaturesCutOff());
  always('nobody has what the provider never granted', ({ history }) => new NothingIsInvented(history));
  always('whoever gained or lost something, a change says so', () => new ChangesTellAll());
  always(
    'whom a role or a feature takes something from, and nobody else, is found',
    () => new SharedLossesAreFound(),
  );
  always('late and repeated news gives nobody anything', () => new LateNewsGivesNothing());
});

describe('when another policy is activated in the middle of it', () => {
  const holdsWhen = (sentence: string, check: (told: MovedPolicy, simulation: Simulation) => void) =>
    holdsFor(sentence, movedPolicy, (told) => {
      const simulation = tell(told.before);
      simulation.settle();
      simulation.activate(told.policy, told.activatedAt);
      simulation.goOn(told.whole.history);
      for (const schedule of told.whole.schedules) simulation.deliver(schedule);
      simulation.settle();
      check(told, simulation);
    });

  holdsWhen('everybody has what that makes of what the provider has', ({ history }, { store }) => {
    const world = history.moments.at(-1)?.world ?? EMPTY_WORLD;
    expectNone(differences(pictureOfWorld(world, history), pictureOfFacts(store.tables, history)));
  });

  holdsWhen('a token that carries more than its holder has now is refused', (told, simulation) =>
    expectRefused(told.tokens(), told.history, simulation),
  );
});

describe('when messages were lost', () => {
  holds('asking for everything once makes the facts what the provider has', [lossy], (told) => {
    const simulation = tell(told);
    simulation.observeEverything();
    simulation.settle();
    // Who joined and left again unheard, nobody can tell any more.
    const heardOf = [...simulation.store.tables.members].map(
      ([pair, row]) => [pair, row.firstJoinedAt] as const,
    );
    expectTheTruth(told, simulation, { ...present(told), joined: new Map(heardOf) });
  });
});
