/** The stand-in's memory over restarts: one JSON value a line. */
export type Journal = {
  readonly entries: readonly unknown[];
  readonly append: (entry: unknown) => void;
};
/** Written synchronously: what the stand-in has told anyone must still be so after a SIGKILL. */
export declare const openJournal: (file: string) => Journal;
