import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { runDetached } from './detached.ts';
import type { Stack } from './stack.ts';

const introduce = ({ worker, clerk, database, tokens }: Stack, folder: string): string => `
Rolecall runs. Ctrl-C stops it; what it knows stays in ${folder}

  worker              ${worker.url}
  stand-in for Clerk  ${clerk.url}
  Postgres            ${database.url}
  Postgres, as an app ${database.reader}

  apps read with      Authorization: Bearer ${tokens.read}
  operators with      Authorization: Bearer ${tokens.operator}
  or in a browser     ${worker.url}/console

Somebody joins, is asked about, and is removed:

  curl ${clerk.url}/stand-in/createUser -d '{"id":"user_ada"}'
  curl ${clerk.url}/stand-in/createOrganization -d '{"id":"org_acme"}'
  curl ${clerk.url}/stand-in/addMember -d '{"organizationId":"org_acme","userId":"user_ada","role":"org:admin"}'
  curl ${worker.url}/v1/organizations/org_acme/members/user_ada -H 'Authorization: Bearer ${tokens.read}'
  curl ${clerk.url}/stand-in/removeMember -d '{"organizationId":"org_acme","userId":"user_ada"}'
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
