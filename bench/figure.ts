/** One figure: ours against a yardstick measured in the same run. */
export interface Figure {
  readonly what: string;
  readonly ours: string;
  readonly yardstick: string;
  /** Ours divided by the yardstick. */
  readonly ratio: number;
  /** Which way of the ratio is the better one. */
  readonly better: 'higher' | 'lower';
  /** What the ratio should be, or ours where a unit stands with it; null where nothing was promised. */
  readonly aim: Aim | null;
}

export interface Aim {
  readonly text: string;
  readonly reached: boolean;
}

export function atLeast(least: number, ratio: number): Aim {
  return { text: `≥ ${least}×`, reached: ratio >= least };
}

export function atMost(most: number, value: number, unit = '×'): Aim {
  return { text: `≤ ${most}${unit}`, reached: value <= most };
}

/** How much of a bench is run. */
export interface Effort {
  /** Only to see that it works: small tables, short times, and figures that mean nothing. */
  readonly quick: boolean;
  /** Of each round under load. */
  readonly seconds: number;
}

export function ratioOf(ours: number, yardstick: number): number {
  return Number((ours / yardstick).toPrecision(3));
}

/** As people read it. */
export function count(value: number): string {
  return Math.round(value).toLocaleString('en');
}
