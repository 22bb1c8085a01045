/** Counts what is under way and tells, without polling, when nothing is. */
export const createPending = () => {
  let count = 0;
  let waiters: (() => void)[] = [];
  const release = () => {
    if (count > 0) return;
    const free = waiters;
    waiters = [];
    for (const resolve of free) resolve();
  };
  return {
    count: (): number => count,
    begin: (): void => {
      count += 1;
    },
    end: (): void => {
      count -= 1;
      release();
    },
    settled: (): Promise<void> =>
      count === 0 ? Promise.resolve() : new Promise((resolve) => waiters.push(resolve)),
    abandon: (): void => {
      count = 0;
      release();
    },
  };
};

export type Pending = ReturnType<typeof createPending>;

/** Timers that can all be dropped at once. */
export const createTimers = () => {
  const running = new Set<NodeJS.Timeout>();
  return {
    after: (ms: number, run: () => void): void => {
      const timer = setTimeout(() => {
        running.delete(timer);
        run();
      }, ms);
      running.add(timer);
    },
    clear: (): void => {
      for (const timer of running) clearTimeout(timer);
      running.clear();
    },
  };
};
export type Timers = ReturnType<typeof createTimers>;
