const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Runs `work` and takes away the signal handlers that a library installed meanwhile: they would kill workerd at
 * once, before what is on its way has finished.
 */
export const restoringSignalHandlers = async <Result>(work: () => Promise<Result>): Promise<Result> => {
  const before = signals.map((signal) => new Set(process.listeners(signal)));
  try {
    return await work();
  } finally {
    signals.forEach((signal, index) => {
      for (const listener of process.listeners(signal)) {
        if (before[index]?.has(listener) !== true) process.off(signal, listener);
      }
    });
  }
};
