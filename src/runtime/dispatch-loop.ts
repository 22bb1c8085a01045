/** How often to look for what is owed when nothing nudges: what another process left behind, or what falls due. */
const SWEEP_MS = 1_000;

export interface DispatchLoop {
  start(): void;
  /** Something is owed: do not wait for the next sweep. */
  nudge(): void;
  /** Ends after what is under way. */
  stop(): Promise<void>;
}

/** Runs `dispatch` when nudged and every `everyMs`, one run at a time. A failed run loses nothing: the next one finds it. */
export function dispatchLoop(
  dispatch: (stopping: () => boolean) => Promise<unknown>,
  failed: (error: unknown) => void,
  everyMs = SWEEP_MS,
): DispatchLoop {
  let running: Promise<void> | null = null;
  let stopping = false;
  let nudged = false;
  let wake = (): void => undefined;

  const idle = () =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, everyMs);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  const run = async (): Promise<void> => {
    while (!stopping) {
      nudged = false;
      try {
        await dispatch(() => stopping);
      } catch (error) {
        failed(error);
      }
      if (!nudged && !stopping) await idle();
    }
  };

  return {
    start() {
      running ??= run();
    },
    nudge() {
      nudged = true;
      wake();
    },
    async stop() {
      stopping = true;
      wake();
      await running;
    },
  };
}
