import { restoringSignalHandlers } from './signal-handlers.ts';

export type WorkerOptions = {
  /** The worker's `wrangler.toml`. */
  readonly configPath: string;
  readonly port: number;
  readonly databaseUrl: string;
  /** Handed over in memory: on a command line or in an environment other processes could read them. */
  readonly secrets: Readonly<Record<string, string>>;
  readonly log: (level: string, message: string) => void;
};

export type RunningWorker = {
  readonly url: string;
  /** Cron does not fire locally; this is what it would do. */
  readonly runScheduled: () => Promise<void>;
  /** Rejects when the worker cannot be loaded, which wrangler learns after it is ready. */
  readonly failed: Promise<never>;
  readonly stop: () => Promise<void>;
};

const bindingsOf = (options: WorkerOptions) => ({
  ...Object.fromEntries(
    Object.entries(options.secrets).map(([name, value]) => [name, { type: 'secret_text' as const, value }]),
  ),
  HYPERDRIVE: { type: 'hyperdrive' as const, id: 'local', localConnectionString: options.databaseUrl },
});

const reasonOf = (event: unknown): string => {
  if (typeof event !== 'object' || event === null) return String(event);
  const cause = 'cause' in event ? event.cause : undefined;
  if (typeof cause === 'object' && cause !== null && 'message' in cause) return String(cause.message);
  return 'message' in event ? String(event.message) : 'reason' in event ? String(event.reason) : 'unknown';
};

/** The worker as it is deployed: bundled by wrangler, running in workerd. */
export const startWorker = async (options: WorkerOptions): Promise<RunningWorker> => {
  const worker = await restoringSignalHandlers(async () => {
    const { unstable_startWorker } = await import('wrangler');
    const started = await unstable_startWorker({
      config: options.configPath,
      // None: a developer's `.dev.vars` and `.env` are for another worker than this one.
      envFiles: [],
      bindings: bindingsOf(options),
      dev: {
        remote: false,
        server: { hostname: '127.0.0.1', port: options.port },
        inspector: false,
        watch: false,
        liveReload: false,
        logLevel: 'warn',
        // Rolecall stores nothing in the runtime; queues live in memory anyway.
        persist: false,
        structuredLogsHandler: ({ level, message }: { level: string; message: string }) =>
          options.log(level, message),
      },
    });
    // Where a port is taken, or the worker fails while it loads, `ready` waits for ever.
    const failed = new Promise<never>((_, reject) => {
      started.raw.on('error', (event: unknown) => reject(new Error(`The worker failed: ${reasonOf(event)}`)));
    });
    failed.catch(() => undefined);
    try {
      await Promise.race([started.ready, failed]);
    } catch (error) {
      // It throws the same again.
      await started.raw.teardown().catch(() => undefined);
      throw error;
    }
    return { ...started, failed };
  });
  const url = (await worker.url).origin;
  return {
    url,
    runScheduled: async () => {
      const answer = await fetch(`${url}/cdn-cgi/handler/scheduled`, { signal: AbortSignal.timeout(30_000) });
      await answer.arrayBuffer();
      if (!answer.ok) throw new Error(`The worker's scheduled handler failed (${answer.status}).`);
    },
    failed: worker.failed,
    // `dispose` waits for a worker to be ready first.
    stop: () => worker.raw.teardown(),
  };
};
