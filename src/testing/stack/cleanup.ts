/** What was started, ended in reverse order; one that fails to end keeps no other from it. */
export const cleanups = () => {
  const pending: (() => Promise<unknown>)[] = [];
  const run = async (): Promise<void> => {
    const errors: unknown[] = [];
    for (let end = pending.pop(); end !== undefined; end = pending.pop()) {
      try {
        await end();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw new AggregateError(errors, 'Not everything could be stopped.');
  };
  let ending: Promise<void> | undefined;
  return {
    later: (end: () => Promise<unknown>): void => {
      pending.push(end);
    },
    /** A second call waits for the same end. */
    run: (): Promise<void> => {
      ending ??= run();
      return ending;
    },
  };
};
