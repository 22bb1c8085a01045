import { createHash } from 'node:crypto';
import { dice } from '../test/support/dice.ts';
import type { Attack, Family, World } from './attack.ts';
import { bodies } from './families/bodies.ts';
import { consoleFamily } from './families/console.ts';
import { credentials } from './families/credentials.ts';
import { feed } from './families/feed.ts';
import { framing } from './families/framing.ts';
import { paths } from './families/paths.ts';
import { queries } from './families/queries.ts';
import { signatures } from './families/signatures.ts';
import { tenants } from './families/tenants.ts';

/** Each family with its share of the requests; whether the worker is attacked with it too, whose framing is Cloudflare's. */
const FAMILIES: Readonly<
  Record<string, { readonly make: Family; readonly share: number; readonly worker: boolean }>
> = {
  signatures: { make: signatures, share: 6, worker: true },
  credentials: { make: credentials, share: 5, worker: true },
  paths: { make: paths, share: 4, worker: false },
  bodies: { make: bodies, share: 3, worker: true },
  queries: { make: queries, share: 2, worker: true },
  tenants: { make: tenants, share: 2, worker: true },
  console: { make: consoleFamily, share: 2, worker: true },
  framing: { make: framing, share: 1, worker: false },
  feed: { make: feed, share: 1, worker: true },
};
const TURNS = Object.entries(FAMILIES).flatMap(([name, { share }]) =>
  Array.from({ length: share }, () => name),
);

/** One attack in so many goes to the worker, where its family does. */
const WORKER_EVERY = 31;

/** How many make sure that every route and every byte has had its turn. */
export const FEWEST = 6_000;

export interface Planned {
  readonly number: number;
  readonly family: string;
  readonly server: 'node' | 'worker';
  make(world: World): Attack;
}

/** The attack of this number. It hangs on nothing but seed and number: any one of them can be repeated alone. */
export function planned(seed: number, number: number): Planned {
  const family = TURNS[number % TURNS.length] ?? '';
  const one = FAMILIES[family];
  if (one === undefined) throw new Error(`there is no family ${family}`);
  const before = TURNS.slice(0, number % TURNS.length).filter((other) => other === family).length;
  const step = Math.floor(number / TURNS.length) * one.share + before;
  const hash = createHash('sha256').update(`${seed}/${number}`).digest();
  return {
    number,
    family,
    server: one.worker && number % WORKER_EVERY === 0 ? 'worker' : 'node',
    make: (world) => one.make(world, step, dice(hash.readUInt32LE())),
  };
}

export const FAMILY_NAMES: readonly string[] = Object.keys(FAMILIES);
