// The arrows of the layout, one way. test/architecture/ proves that each rule can fail.
import { fileURLToPath } from 'node:url';

const only = (name, comment, from, to) => ({
  name,
  comment,
  severity: 'error',
  from: { path: from },
  to: { path: '^src/', pathNot: [from, ...to] },
});

const forbid = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });

const LAYERS = {
  domain: '^src/domain/',
  policy: '^src/policy/',
  pipeline: '^src/pipeline/',
  ports: '^src/pipeline/ports(/|\\.ts$)',
  provider: '^src/provider/',
  store: '^src/store/',
  http: '^src/http/',
  console: '^src/console/',
  sdk: '^src/sdk/',
  cli: '^src/cli/',
  runtime: '^src/runtime/',
  testing: '^src/testing/',
};
const { domain, policy, pipeline, ports, provider, store, http, sdk, cli, runtime, testing } = LAYERS;

// Files that nothing imports because something outside starts them.
const ENTRIES = [
  '^src/index\\.ts$',
  '^src/[^/]+/index\\.ts$',
  '^src/runtime/(worker|node)\\.ts$',
  '^src/cli/main\\.ts$',
  '^src/testing/stack/',
  // Embedded by a tool.
  '^src/console/browser/',
];
const NODE_ONLY = ['^src/runtime/node(\\.ts$|/)', cli, testing];

export default {
  forbidden: [
    only('domain-stands-alone', 'The domain is pure and knows nobody.', domain, []),
    only('policy-knows-only-the-domain', 'Policies are pure data over the domain.', policy, [domain]),
    only('pipeline-speaks-to-ports', 'Provider and store are reached through ports.', pipeline, [
      domain,
      policy,
    ]),
    only('provider-fills-ports', 'A provider implements ports and never meets the store.', provider, [
      ports,
      domain,
    ]),
    only('store-fills-ports', 'A store implements ports and never meets the provider.', store, [
      ports,
      domain,
    ]),
    only('http-tells-the-pipeline', 'HTTP translates; the pipeline decides.', http, [
      pipeline,
      domain,
      policy,
    ]),
    only('console-tells-the-pipeline', 'Pages are a view of the pipeline.', LAYERS.console, [
      http,
      pipeline,
      domain,
      policy,
    ]),
    only('sdk-without-server', 'Apps import the SDK; the server must not come along.', sdk, [domain, policy]),
    forbid(
      'runtime-composes',
      'The composition roots do not depend on commands.',
      { path: runtime },
      { path: cli },
    ),
    forbid(
      'pure-without-packages',
      'The domain and policies run anywhere, with nothing installed.',
      { path: [domain, policy] },
      { dependencyTypesNot: ['local', 'undetermined'], pathNot: '^src/' },
    ),
    forbid(
      'pipeline-without-packages',
      'A library in the pipeline is a port that was not named.',
      { path: pipeline },
      { dependencyTypesNot: ['local', 'undetermined'], pathNot: '^src/' },
    ),
    forbid(
      'node-only-at-the-edge',
      'Everything else also runs in workerd, and in browsers where it is the SDK.',
      { path: '^src/', pathNot: NODE_ONLY },
      { dependencyTypes: ['core'] },
    ),
    forbid(
      'worker-without-testing',
      'The stand-in for Clerk signs and mints tokens: it may not be in the bundle that guards production.',
      { path: '^src/runtime/worker\\.ts$' },
      { path: testing, reachable: true },
    ),
    forbid(
      'worker-without-node',
      'The Node runtime and the commands do not run in workerd.',
      { path: '^src/runtime/worker\\.ts$' },
      { path: ['^src/runtime/node(\\.ts$|/)', cli], reachable: true },
    ),
    forbid(
      'no-imports-of-tests',
      'What is shipped does not lean on what is not.',
      { path: '^src/' },
      { path: '^(test|bench|chaos|attack|tools|examples)/' },
    ),
    forbid(
      'checker-stands-apart',
      'Who judges a run knows the provider by its history alone, and Rolecall by what it answers.',
      { path: '^chaos/checker/' },
      { path: ['^src/(?!testing/clerk/)', '^chaos/(?!checker/)'], reachable: true },
    ),
    forbid('no-cycles', 'Two files that need each other are one file.', {}, { circular: true }),
    forbid(
      'no-orphans',
      'Nothing reaches this file.',
      { orphan: true, path: '^src/', pathNot: [...ENTRIES, '\\.d\\.ts$'] },
      {},
    ),
    forbid(
      'resolvable',
      'An import that leads nowhere is checked by no rule.',
      { path: '^src/' },
      { couldNotResolve: true },
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // Type imports are arrows too.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: fileURLToPath(new URL('tsconfig.json', import.meta.url)) },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['rolecall-source', 'import', 'types', 'default'],
    },
  },
};
