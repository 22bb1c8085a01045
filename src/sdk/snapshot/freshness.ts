/** Two clocks, for they fail differently: one stands still while the machine sleeps, the other can be set. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Milliseconds that only go forward. */
  monotonic(): number;
}

export const systemClock: Clock = { now: () => Date.now(), monotonic: () => performance.now() };

/** A moment on both clocks. */
export interface Moment {
  readonly now: number;
  readonly monotonic: number;
}

/** `unknown`: never heard of the server, or not since a clock jumped. */
export type Verdict = 'current' | 'stale' | 'unknown';

export interface Freshness {
  moment(): Moment;
  /**
   * The copy contains all that was true at this moment. False where a clock has jumped meanwhile: what waited in a buffer
   * while the machine slept proves nothing.
   */
  confirm(moment: Moment): boolean;
  /** Whether the copy may be asked. Cheap enough for every question: one clock is read, two once a millisecond. */
  verdict(): Verdict;
  /** Milliseconds since the copy was last known to be current; infinite where nobody knows. */
  lag(): number;
  /** When that was, milliseconds since 1970. */
  confirmedAt(): number;
}

/** Clocks that drift apart by more than this between two signs of life have jumped. */
const JUMP_MS = 1_000;

/** @param onJump called once a jump is noticed: nothing is known any more until `confirm`. */
export function freshness(clock: Clock, maxLagMs: number, onJump: () => void): Freshness {
  let confirmed: Moment | null = null;
  let checkedAt = Number.NaN;
  let checked: Verdict = 'unknown';

  const moment = (): Moment => ({ now: clock.now(), monotonic: clock.monotonic() });
  /** Since the last confirmation; null where there is none, or it is worth nothing any more. */
  const elapsed = (at: Moment): number | null => {
    if (confirmed === null) return null;
    if (!jumped(confirmed, at)) return at.monotonic - confirmed.monotonic;
    confirmed = null;
    onJump();
    return null;
  };

  return {
    moment,
    confirm(at) {
      const now = moment();
      const knew = confirmed !== null;
      const last = elapsed(now);
      if ((knew && last === null) || jumped(at, now)) return false;
      // An answer may come after what was pushed later than it was asked for.
      if (confirmed === null || at.monotonic >= confirmed.monotonic) confirmed = at;
      checkedAt = Number.NaN;
      return true;
    },
    verdict() {
      const now = clock.now();
      if (now === checkedAt) return checked;
      checkedAt = now;
      const lag = elapsed({ now, monotonic: clock.monotonic() });
      checked = lag === null ? 'unknown' : lag <= maxLagMs ? 'current' : 'stale';
      return checked;
    },
    lag: () => elapsed(moment()) ?? Number.POSITIVE_INFINITY,
    confirmedAt: () => confirmed?.now ?? 0,
  };
}

function jumped(from: Moment, to: Moment): boolean {
  return Math.abs(to.now - from.now - (to.monotonic - from.monotonic)) > JUMP_MS;
}
