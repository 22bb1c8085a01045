/** Resolves with the exit code. The signal aborts when it is time to stop. */
export type Program = (stopping: AbortSignal) => Promise<number>;
export declare const runInChild: (program: Program) => Promise<void>;
