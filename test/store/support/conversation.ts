import type { Statements } from '../../../src/store/postgres/client.ts';

/** One statement as it was sent, and what its answer was made of. */
export interface Said {
  readonly name: string;
  /** What an earlier answer told (a lease's token, a time of the database) stands as `{"$told": [call, …path]}`. */
  readonly argument: unknown;
  readonly answer: Shape;
}

/** Of a list, what its entries have in common; of an object, each key. */
export type Shape = string | readonly [Shape] | { readonly [key: string]: Shape };

type Path = readonly (string | number)[];

/** Only values that nobody else could have made up: other numbers and words are the scene's own. */
const isTold = (value: unknown): value is string | number =>
  (typeof value === 'number' && value >= 1e12) ||
  (typeof value === 'string' && /^[0-9a-f]{8}-[0-9a-f-]{27}$/.test(value));

/** Writes down everything that is said over the statements. */
export function recording(statements: Statements): Statements & { readonly said: readonly Said[] } {
  const said: Said[] = [];
  const told = new Map<unknown, Path>();
  return {
    said,
    end: () => statements.end(),
    async call(name, argument) {
      const asked = mapped(argument, (value) => {
        const path = told.get(value);
        return path === undefined ? value : { $told: path };
      });
      const answer = await statements.call(name, argument);
      const index = said.push({ name, argument: asked, answer: shapeOf(answer) }) - 1;
      visit(answer, [index], (value, path) => {
        // Told again, it is the later place that tells it: by then others may have come between.
        if (isTold(value)) told.set(value, path);
      });
      return answer;
    },
  };
}

/** Says it all again. @returns what is answered otherwise now, by call and place. */
export async function repeat(statements: Statements, said: readonly Said[]): Promise<string[]> {
  const answers: unknown[] = [];
  const problems: string[] = [];
  for (const { name, argument, answer } of said) {
    const asked = mapped(argument, (value) => {
      const path = isReference(value) ? value.$told : null;
      return path === null ? value : path.reduce<unknown>((from, key) => read(from, key), answers);
    });
    try {
      const now = await statements.call(name, asked);
      answers.push(now);
      problems.push(...missing(answer, shapeOf(now), name));
    } catch (error) {
      answers.push(null);
      const cause = error instanceof Error ? (error.cause ?? error) : error;
      problems.push(`${name}: ${cause instanceof Error ? cause.message : 'refused'}`);
    }
  }
  return [...new Set(problems)];
}

/** What was there and is not now; what has come since is nobody's loss. */
function missing(then: Shape, now: Shape, place: string): string[] {
  // Nothing was known of it then: the release takes what it may be, or it would not have been one.
  if (then === 'null' || then === 'nothing' || then === 'maybe' || then === 'anything') return [];
  if (typeof then === 'string' || typeof now === 'string') {
    return then === now ? [] : [`${place}: ${told(then)} is now ${told(now)}`];
  }
  if (isList(then) || isList(now)) {
    if (!isList(then) || !isList(now)) return [`${place}: ${told(then)} is now ${told(now)}`];
    return missing(then[0], now[0], `${place}[]`);
  }
  return Object.entries(then).flatMap(([key, shape]) => {
    const present = now[key];
    return present === undefined ? [`${place}.${key} is gone`] : missing(shape, present, `${place}.${key}`);
  });
}

const told = (shape: Shape): string =>
  typeof shape === 'string' ? shape : isList(shape) ? 'a list' : 'an object';

const isList = (shape: Shape): shape is readonly [Shape] => Array.isArray(shape);

export function shapeOf(value: unknown): Shape {
  if (value === null || value === undefined) return 'null';
  if (Array.isArray(value)) return [value.map(shapeOf).reduce(common, 'nothing')];
  if (typeof value !== 'object') return typeof value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, shapeOf(one)]));
}

/** Of entries that differ, the keys that all of them have; a value that may be null is `maybe` what it is otherwise. */
function common(a: Shape, b: Shape): Shape {
  if (a === 'nothing') return b;
  if (b === 'nothing') return a;
  if (typeof a === 'string' && typeof b === 'string') {
    return a === b ? a : [a, b].includes('null') ? 'maybe' : 'anything';
  }
  if (typeof a === 'string' || typeof b === 'string')
    return a === 'null' || b === 'null' ? 'maybe' : 'anything';
  if (isList(a) || isList(b)) return isList(a) && isList(b) ? [common(a[0], b[0])] : 'anything';
  const keys = Object.keys(a).filter((key) => key in b);
  return Object.fromEntries(keys.map((key) => [key, common(a[key] ?? 'null', b[key] ?? 'null')]));
}

function mapped(value: unknown, change: (value: unknown) => unknown): unknown {
  const changed = change(value);
  if (changed !== value || typeof value !== 'object' || value === null) return changed;
  if (Array.isArray(value)) return value.map((one) => mapped(one, change));
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, mapped(one, change)]));
}

function visit(value: unknown, path: Path, see: (value: unknown, path: Path) => void): void {
  see(value, path);
  if (typeof value !== 'object' || value === null) return;
  for (const [key, one] of Object.entries(value)) visit(one, [...path, key], see);
}

const read = (from: unknown, key: string | number): unknown =>
  typeof from === 'object' && from !== null ? new Map(Object.entries(from)).get(String(key)) : undefined;

function isReference(value: unknown): value is { readonly $told: Path } {
  return typeof value === 'object' && value !== null && '$told' in value && Array.isArray(value.$told);
}
