import * as v from 'valibot';
import { enterHermeticEnvironment } from '../../src/testing/stack/hermetic-environment.ts';
import { startWorker } from '../../src/testing/stack/workerd.ts';

// wrangler and its workerd in a process group of their own, so that one signal ends both, as a machine's end would.

const Wanted = v.object({
  folder: v.string(),
  configPath: v.string(),
  port: v.number(),
  databaseUrl: v.string(),
  secrets: v.record(v.string(), v.string()),
});

const endAll = () => process.kill(-process.pid, 'SIGKILL');

// The parent is gone, whatever became of it.
process.once('disconnect', endAll);

const begin = async (message: unknown): Promise<void> => {
  try {
    const wanted = v.parse(Wanted, message);
    enterHermeticEnvironment(wanted.folder);
    const worker = await startWorker({ ...wanted, log: (level, text) => console.error(`${level}: ${text}`) });
    worker.failed.catch((error: unknown) => {
      console.error(error);
      endAll();
    });
    process.send?.(worker.url);
  } catch (error) {
    console.error(error);
    process.exitCode = 1;
    process.disconnect();
  }
};

process.once('message', (message) => void begin(message));
