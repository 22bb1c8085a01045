/** What a step of the story tells the reader. A line is added as soon as it was observed. */
export type Tell = {
  readonly arrived: (what: string) => void;
  readonly changed: (what: string) => void;
  readonly refused: (what: string) => void;
  /** A promised outcome: the demo fails when one does not hold, and goes on to show the rest. */
  readonly promise: (holds: boolean, what: string) => void;
  /** A latency worth showing, in milliseconds. */
  readonly took: (what: string, milliseconds: number) => void;
};
export type StepResult = {
  readonly name: string;
  readonly milliseconds: number;
  readonly promises: number;
  readonly broken: readonly string[];
};
type Row = readonly [label: string, text: string];
export declare const formatStep: (
  number: number,
  result: StepResult,
  rows: readonly Row[],
  width: number,
) => string;
export declare const formatSummary: (results: readonly StepResult[], milliseconds: number) => string;
export declare const teller: () => {
  tell: Tell;
  rows: Row[];
  broken: string[];
  promises: () => number;
};
