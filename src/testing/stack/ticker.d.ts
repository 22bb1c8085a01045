/** Calls `work` again and again, one call at a time. `stop` waits for the call on its way. */
export declare const every: (
  milliseconds: number,
  work: () => Promise<void>,
  onError: (error: unknown) => void,
) => {
  stop(): Promise<void>;
};
