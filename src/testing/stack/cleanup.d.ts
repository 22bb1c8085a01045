/** What was started, ended in reverse order; one that fails to end keeps no other from it. */
export declare const cleanups: () => {
  later: (end: () => Promise<unknown>) => void;
  /** A second call waits for the same end. */
  run: () => Promise<void>;
};
