import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { runDetached } from './detached.ts';
import type { Stack } from './stack.ts';

const introduce = (stack: Stack, folder: string): string => `
Rolecall runs. Ctrl-C stops it; what it knows stays in ${folder}

  worker             ${stack.worker.url}
  stand-in for Clerk ${stack.clerk.url}
  Postgres           ${stack.database.url}

  apps read with     Authorization: Bearer ${stack.tokens.read}
  operators with     Authorization: Bearer ${stack.tokens.operator}

  Try:  curl ${stack.worker.url}/readyz
        curl -H 'Authorization: Bearer ${stack.tokens.operator}' ${stack.worker.url}/operator/v1/status
`;

/** `npm start`: the whole stack until Ctrl-C. */
await runDetached(import.meta.url, async (stopping) => {
  const { values } = parseArgs({
    options: {
      folder: { type: 'string' },
      port: { type: 'string', default: '8787' },
      'clerk-port': { type: 'string', default: '8788' },
      verbose: { type: 'boolean', default: false },
    },
  });
  const folder = values.folder ?? join(fileURLToPath(new URL('../../../', import.meta.url)), '.rolecall');
  // Here, not above: the parent only waits and needs none of it.
  const { startStack } = await import('./stack.ts');
  const stack = await startStack({
    folder,
    stopping,
    workerPort: Number(values.port),
    standInPort: Number(values['clerk-port']),
    log: (part, message) => {
      if (part !== 'postgres' || values.verbose) console.error(`[${part}] ${message}`);
    },
  });
  console.log(introduce(stack, folder));
  if (!stopping.aborted) await once(stopping, 'abort');
  await stack.stop();
  console.log('Stopped.');
  return 0;
});
