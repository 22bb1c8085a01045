import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import type { NodeServer } from '../runtime/node.ts';
import { context } from './context.ts';
import { fail, print } from './output.ts';

interface Options {
  readonly port: number;
  readonly host: string;
  readonly basePath?: string;
  readonly poll?: number;
  readonly json?: true;
}

export function serveCommand(): Command {
  return new Command('serve')
    .description('serve on Node; without DATABASE_URL on an embedded Postgres, for development')
    .option('--port <number>', 'port to listen on', portNumber, 8787)
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--base-path <path>', 'serve below this path, as /rolecall', basePath)
    .option(
      '--poll <seconds>',
      'compare everything with Clerk so often, where no webhook can arrive',
      seconds,
    )
    .option('--json', 'answer as JSON')
    .action(serve);
}

function portNumber(text: string): number {
  const port = Number(text);
  if (!/^[0-9]+$/.test(text) || port > 65_535) throw new InvalidArgumentError('It must be 0 to 65535.');
  return port;
}

function basePath(text: string): string {
  if (!/^(\/[A-Za-z0-9._~-]+)+$/.test(text)) {
    throw new InvalidArgumentError('It must begin with a slash, and not end with one.');
  }
  return text;
}

function seconds(text: string): number {
  if (!/^[1-9][0-9]{0,4}$/.test(text)) throw new InvalidArgumentError('It must be 1 to 99999.');
  return Number(text);
}

async function serve(options: Options): Promise<void> {
  const { env, cwd, untilStopped } = context();
  const [{ readConfig }, { databaseUrlProblem }] = await Promise.all([
    import('../runtime/config.ts'),
    import('../store/postgres/database-url.ts'),
  ]);
  const read = readConfig(env);
  const given = env['DATABASE_URL'] ?? '';
  const production = env['NODE_ENV'] === 'production';
  const problems = 'problems' in read ? [...read.problems] : [];
  if (given === '' && production)
    problems.push('DATABASE_URL is missing (no embedded Postgres in production)');
  const ofUrl = given === '' ? null : databaseUrlProblem(given);
  if (ofUrl !== null) problems.push(ofUrl);
  if ('problems' in read || problems.length > 0) return fail(options, problems);

  // From here on a signal stops in order, also while things are still starting.
  const stopped = untilStopped();
  let database: Database = { url: given, stop: async () => undefined };
  let server: NodeServer | undefined;
  try {
    if (given === '') database = await embeddedDatabase(cwd);
    const { startNodeServer } = await import('../runtime/node.ts');
    server = await startNodeServer({
      environment: { ...env, DATABASE_URL: database.url },
      port: options.port,
      host: options.host,
      ...(options.basePath === undefined ? {} : { basePath: options.basePath }),
      ...(options.poll === undefined ? {} : { pollSeconds: options.poll }),
    });
    await warnUnlessReady(server.url + (options.basePath ?? ''));
    print(
      options,
      { url: server.url, mode: read.config.mode },
      `Rolecall serves on ${server.url}. Ctrl-C stops it.`,
    );
    await stopped;
    await server.stop();
  } catch (error) {
    await server?.stop();
    await database.stop();
    fail(options, [`it could not be served: ${error instanceof Error ? error.message : 'unknown error'}`]);
  }
  await database.stop();
}

/** Serving goes on: a database that comes up later, or is migrated later, makes it ready. */
async function warnUnlessReady(url: string): Promise<void> {
  const answer = await fetch(`${url}/readyz`);
  const body = await answer.text();
  if (answer.ok) return;
  const hint = body.includes('schema_mismatch') ? ' Run `rolecall migrate` first.' : '';
  context().stderr.write(`rolecall: not ready: ${body}${hint}\n`);
}

interface Database {
  readonly url: string;
  stop(): Promise<void>;
}

async function embeddedDatabase(cwd: string): Promise<Database> {
  const { startEmbeddedPostgres } = await import('../testing/embedded-postgres.ts');
  const { migrate } = await import('../store/postgres/migrate.ts');
  const postgres = await startEmbeddedPostgres({
    dataDirectory: join(cwd, '.rolecall', 'postgres'),
    ownProcessGroup: true,
  });
  await migrate(postgres.url);
  return postgres;
}
