import type { RunningWorker, WorkerOptions } from './workerd.ts';

/** The same app on Node, in this process: no wrangler and no bundling, for tests that start often. */
export const startNodeWorker = async (
  options: Pick<WorkerOptions, 'port' | 'databaseUrl' | 'secrets' | 'log'>,
): Promise<RunningWorker> => {
  const { startNodeServer } = await import('../../runtime/node.ts');
  const server = await startNodeServer({
    environment: { ...options.secrets, DATABASE_URL: options.databaseUrl },
    port: options.port,
    graceMs: 3_000,
    writeLog: (line) => options.log('info', line),
  });
  return {
    url: server.url,
    // It looks for what is due by itself.
    runScheduled: async () => undefined,
    failed: new Promise<never>(() => undefined),
    stop: () => server.stop(),
  };
};
