/** One figure: ours against a yardstick measured in the same run. */
export interface Figure {
  readonly what: string;
  readonly ours: string;
  readonly yardstick: string;
  readonly ratio: number;
}
