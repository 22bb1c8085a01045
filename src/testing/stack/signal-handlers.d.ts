/**
 * Runs `work` and takes away the signal handlers that a library installed meanwhile: they would kill workerd at
 * once, before what is on its way has finished.
 */
export declare const restoringSignalHandlers: <Result>(work: () => Promise<Result>) => Promise<Result>;
