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
/** The worker as it is deployed: bundled by wrangler, running in workerd. */
export declare const startWorker: (options: WorkerOptions) => Promise<RunningWorker>;
