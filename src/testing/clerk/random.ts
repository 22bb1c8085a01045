import { randomBytes } from 'node:crypto';

export interface Random {
  /** In [0, 1). */
  readonly next: () => number;
  readonly below: (limit: number) => number;
  readonly shuffled: <Item>(items: readonly Item[]) => Item[];
}

/** Mulberry32: small, and the same numbers for the same seed on every machine. */
export const seededRandom = (seed: number): Random => {
  let a = seed >>> 0;
  const next = () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), a | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
  const below = (limit: number) => Math.floor(next() * limit);
  const shuffled = <Item>(items: readonly Item[]) => {
    const pool = [...items];
    const out: Item[] = [];
    while (pool.length > 0) out.push(...pool.splice(below(pool.length), 1));
    return out;
  };
  return { next, below, shuffled };
};

export const anySeed = (): number => randomBytes(4).readUInt32BE();

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** `user_2h8op3Isl1QR7tKu5FGNfaLKEoU`: a prefix and 27 characters, as Clerk's and Svix's ids are. */
export const idMaker =
  (random: Random) =>
  (prefix: string): string => {
    let id = `${prefix}_2`;
    for (let i = 0; i < 26; i += 1) id += ALPHABET.charAt(random.below(ALPHABET.length));
    return id;
  };
export type NewId = ReturnType<typeof idMaker>;
