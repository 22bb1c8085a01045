import { parseArgs } from 'node:util';
import { anySeed } from '../src/testing/clerk/random.ts';
import { FEWEST } from './plan.ts';

export interface Options {
  readonly seed: number;
  readonly requests: number;
  /** Repeats this one alone. */
  readonly only: number | null;
  readonly json: boolean;
}

const LONG = 100_000;

/** What was asked for, or what is wrong with it. */
export function readOptions(args: readonly string[]): Options | string {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        short: { type: 'boolean', default: false },
        requests: { type: 'string' },
        seed: { type: 'string' },
        only: { type: 'string' },
        json: { type: 'boolean', default: false },
      },
    });
    const number = (name: string, text: string): number => {
      if (!/^[0-9]{1,10}$/.test(text)) throw new Error(`--${name} must be a whole number.`);
      return Number(text);
    };
    const requests =
      values.requests === undefined ? (values.short ? FEWEST : LONG) : number('requests', values.requests);
    if (requests < FEWEST)
      throw new Error(`--requests must be ${FEWEST} or more: fewer leave something out.`);
    const seed = values.seed === undefined ? anySeed() : number('seed', values.seed);
    const only = values.only === undefined ? null : number('only', values.only);
    if (only !== null && values.seed === undefined) throw new Error('--only repeats one of a --seed.');
    return { seed, requests, only, json: values.json };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
