/** One thing that a deployment can have wrong, and whether it has. */
export interface Check {
  /** Stable: programs may look for it. */
  readonly code: string;
  readonly status: 'ok' | 'warn' | 'fail' | 'skipped';
  readonly text: string;
  /** How to mend it; null where there is nothing to mend. */
  readonly mend: string | null;
  /** Names of what is meant: roles, tables, variables. Never a value. */
  readonly details: readonly string[];
}

type Details = readonly string[];

export function ok(code: string, text: string, details: Details = []): Check {
  return { code, status: 'ok', text, mend: null, details };
}

export function warn(code: string, text: string, mend: string, details: Details = []): Check {
  return { code, status: 'warn', text, mend, details };
}

export function fail(code: string, text: string, mend: string, details: Details = []): Check {
  return { code, status: 'fail', text, mend, details };
}

/** @param mend what makes it possible to look. */
export function skipped(code: string, text: string, mend: string | null = null): Check {
  return { code, status: 'skipped', text, mend, details: [] };
}

/** Clerk's own tolerance is five minutes, and tokens live for one: half of that may be off without harm. */
const [NOTICEABLE_MS, HARMFUL_MS] = [30_000, 5 * 60_000];

/** @param whose as in "the database’s". */
export function checkClock(code: string, whose: string, aheadMs: number | null): Check {
  if (aheadMs === null) return skipped(code, `There is nothing to read ${whose} clock by.`);
  const off = Math.abs(aheadMs);
  const text = `This machine’s clock is ${Math.round(off / 1000)} s ${aheadMs < 0 ? 'behind' : 'ahead of'} ${whose}.`;
  const mend = 'Set the clocks by NTP: signatures, cutoffs and tokens are compared by them.';
  if (off > HARMFUL_MS) return fail(code, text, mend);
  return off > NOTICEABLE_MS
    ? warn(code, text, mend)
    : ok(code, `This machine’s clock agrees with ${whose}.`);
}
