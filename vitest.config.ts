import { tmpdir } from 'node:os';
import { cloudflareTest } from '@cloudflare/vitest-plugin';
import { defineConfig } from 'vitest/config';
import { makeTemporaryFolder } from './test/setup/temporary.ts';

Object.assign(process.env, {
  WRANGLER_SEND_METRICS: 'false',
  WRANGLER_WRITE_LOGS: 'false',
  CLOUDFLARE_CF_FETCH_ENABLED: 'false',
});

makeTemporaryFolder();

const report = process.env['ROLECALL_TEST_REPORT'];
const pure = ['test/{domain,policy,architecture}/**/*.test.ts'];
const workerd = ['test/**/*.workerd.test.ts'];
const dom = ['test/**/*.dom.test.ts'];

export default defineConfig({
  ssr: { resolve: { conditions: ['rolecall-source', 'module', 'node', 'development|production'] } },
  test: {
    globalSetup: ['test/setup/database.ts'],
    // More than cores of a small machine: a third of the time a test waits, for a server that stops for instance.
    maxWorkers: 3,
    // Whole stacks are started and killed, and the machine may be busy with something else.
    testTimeout: 60_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 30_000 } },
    ...(report === undefined ? {} : { reporters: ['default', 'json'], outputFile: { json: report } }),
    projects: [
      { extends: true, test: { name: 'pure', include: pure, exclude: workerd, isolate: false } },
      {
        extends: true,
        test: {
          name: 'postgres',
          // Everything else, so that a test in a new folder cannot be forgotten here.
          include: ['{test,examples}/**/*.test.ts'],
          exclude: [...pure, ...workerd, ...dom],
          // A file finds the modules that the one before it has loaded. Measured: a third of the time is loading them.
          isolate: false,
          // The files that tests write, policies for instance, are loaded by Node.js itself, as on a user's machine.
          server: { deps: { external: [new RegExp(`^(file://)?${tmpdir()}/`)] } },
        },
      },
      // These put a document in place, which the modules that others share may not see.
      { extends: true, test: { name: 'dom', include: dom } },
      {
        extends: true,
        plugins: [
          cloudflareTest(({ inject }) => {
            const url = inject('workerdDatabaseUrl');
            // Without this wrangler refuses the binding, although the line below says the same.
            process.env['CLOUDFLARE_HYPERDRIVE_LOCAL_CONNECTION_STRING_HYPERDRIVE'] = url;
            return {
              wrangler: { configPath: './wrangler.toml' },
              miniflare: { hyperdrives: { HYPERDRIVE: url } },
            };
          }),
        ],
        test: { name: 'workerd', include: workerd, isolate: false },
      },
    ],
  },
});
