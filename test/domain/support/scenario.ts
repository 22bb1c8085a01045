import * as fc from 'fast-check';
import { type Command, command } from './commands.ts';
import { type History, play } from './history.ts';
import { BEGINNING, type Opening } from './ledger.ts';
import type { PolicyName } from './policies.ts';
import { arrivals, type Schedule } from './schedule.ts';

/** A history and the ways in which it is told; prints as a list of what happened and what arrived. */
export class Scenario {
  readonly opening: Opening;
  readonly schedules: readonly Schedule[];
  readonly history: History;

  constructor(opening: Opening, commands: readonly Command[], schedules: readonly Schedule[]) {
    this.opening = opening;
    this.schedules = schedules;
    this.history = play(opening, commands);
  }

  toString(): string {
    const { rolesTold, lists, policy } = this.opening;
    const happened = this.history.moments
      .filter((moment) => moment.line !== '')
      .map((moment) => `  ${clock(moment.at)} ${moment.line}`);
    const told = this.schedules.flatMap((schedule, index) => [
      `told, ${index + 1} (batches ${schedule.batches.join()}; lookups ${JSON.stringify(schedule.lookups)}):`,
      ...arrivals(this.history, schedule).map(
        ({ message, at, repeated }) =>
          `  ${clock(at)} ${repeated ? 'REPLAY ' : ''}${message.line} (of ${clock(message.at)})`,
      ),
    ]);
    const opening = `opening: roles ${rolesTold ? '' : 'not '}told, memberships ${lists ? '' : 'do not '}list permissions, policy ${policy}`;
    return ['', opening, 'happened:', ...happened, ...told, ''].join('\n');
  }

  [fc.toStringMethod](): string {
    return this.toString();
  }
}

/** Nearly every second one without a policy; the others on equal terms. */
export const policyName = fc.oneof(
  { weight: 4, arbitrary: fc.constant<PolicyName>('none') },
  ...(['replacing', 'extending', 'reaching', 'featured', 'founding'] as const).map((name) => ({
    weight: 1,
    arbitrary: fc.constant<PolicyName>(name),
  })),
);

export function scenario(schedules: readonly fc.Arbitrary<Schedule>[]): fc.Arbitrary<Scenario> {
  return fc
    .tuple(
      fc.record({ rolesTold: fc.boolean(), lists: fc.boolean(), policy: policyName }),
      fc.array(command, { maxLength: 30, size: 'max' }),
      fc.tuple(...schedules),
    )
    .map(([opening, commands, told]) => new Scenario(opening, commands, told));
}

function clock(at: number): string {
  return `+${((at - BEGINNING) / 1000).toFixed(3)}s`;
}
