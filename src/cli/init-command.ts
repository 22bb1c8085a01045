import { basename, resolve } from 'node:path';
import { Command } from 'commander';
import { context } from './context.ts';
import type { WrittenFile } from './init/write-files.ts';
import { fail, print } from './output.ts';

export function initCommand(): Command {
  return new Command('init')
    .description('write what a new project needs: worker, wrangler.toml, variables, policy')
    .argument('[folder]', 'where; what exists there is left alone', '.')
    .option('--json', 'answer as JSON')
    .action(async (wanted: string, options: { readonly json?: true }) => {
      const folder = resolve(context().cwd, wanted);
      const { projectFiles } = await import('./init/project-files.ts');
      const { writeFiles } = await import('./init/write-files.ts');
      try {
        const files = await writeFiles(folder, projectFiles(nameOf(folder)));
        print(options, { folder, files, next: NEXT }, describe(files));
      } catch (error) {
        fail(options, [
          `it could not be written: ${error instanceof Error ? error.message : 'unknown error'}`,
        ]);
      }
    });
}

/** As Cloudflare, npm and a policy take one. */
function nameOf(folder: string): string {
  const name = basename(folder)
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 50);
  return name === '' ? 'rolecall' : name;
}

const NEXT = [
  'npm install',
  'npx wrangler hyperdrive create rolecall --connection-string="postgres://…" --caching-disabled, and its id into wrangler.toml',
  'npx wrangler queues create rolecall-spill, and rolecall-spill-dead',
  'copy .dev.vars.example to .dev.vars and fill it in',
  'npm run rolecall -- migrate, as a role that may create roles',
  'npm run dev here, or npx wrangler secret put each variable and npm run deploy',
  'in Clerk’s dashboard, Webhooks: add the endpoint https://…/webhooks/clerk',
  'npm run rolecall -- reconcile --reason "first import", where members exist already',
  'npm run doctor -- --url https://…, which says what is still wrong',
];

const RESULTS: Readonly<Record<WrittenFile['result'], string>> = {
  written: 'written',
  extended: 'lines added',
  kept: 'exists, left as it is',
};

function describe(files: readonly WrittenFile[]): string {
  return [
    ...files.map(({ path, result }) => `${path}: ${RESULTS[result]}`),
    '',
    'Next:',
    ...NEXT.map((step, index) => `${index + 1}. ${step}`),
  ].join('\n');
}
