import * as v from 'valibot';
import { type Consequences, DEFAULT_CONSEQUENCES } from '../domain/effects.ts';

const ofOne = v.picklist(['refresh', 'revoke', 'revoke-when-last']);
/** Nobody is looked at when many lose at once: whose last membership it was is not known. */
const ofMany = v.picklist(['refresh', 'revoke']);

const consequences = v.strictObject({
  removed: ofOne,
  reduced: ofOne,
  suspended: ofOne,
  password: ofOne,
  role: ofMany,
  policy: ofMany,
  feature: ofMany,
});

export const CONSEQUENCES_PROBLEM =
  'ROLECALL_CONSEQUENCES must hold cause=consequence, separated by spaces: removed, reduced, suspended or password with refresh, revoke or revoke-when-last; role, policy or feature with refresh or revoke';

/** The variable of that name; what it leaves out is as by default. Null where it cannot be read. */
export function readConsequences(text: string): Consequences | null {
  const words = text.split(/\s+/).filter((word) => word !== '');
  const chosen = words.map((word) => /^([a-z]+)=([a-z-]+)$/.exec(word)?.slice(1) ?? [word, '']);
  const read = v.safeParse(consequences, { ...DEFAULT_CONSEQUENCES, ...Object.fromEntries(chosen) });
  return read.success ? read.output : null;
}
