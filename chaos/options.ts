import { parseArgs } from 'node:util';
import { anySeed } from '../src/testing/clerk/random.ts';

export interface Options {
  readonly seed: number;
  /** How long things go wrong. */
  readonly stormMs: number;
  readonly json: boolean;
}

export const SHORT_MS = 28_000;
const MINUTES = 10;

/** A sentence says what is wrong with them. */
export function readOptions(args: readonly string[]): Options | string {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        short: { type: 'boolean', default: false },
        minutes: { type: 'string' },
        seed: { type: 'string' },
        json: { type: 'boolean', default: false },
      },
    });
    if (values.short && values.minutes !== undefined) return '--short and --minutes exclude each other';
    const minutes = Number(values.minutes ?? MINUTES);
    if (!(minutes > 0 && minutes <= 1_440)) return '--minutes must be a number up to 1440';
    const seed = values.seed === undefined ? anySeed() : Number(values.seed);
    if (!Number.isInteger(seed) || seed < 0 || seed >= 2 ** 32)
      return '--seed must be a whole number below 2^32';
    return { seed, stormMs: values.short ? SHORT_MS : minutes * 60_000, json: values.json };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
