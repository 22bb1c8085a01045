import { readFileSync } from 'node:fs';
import * as v from 'valibot';

/** One file of a new project. */
export interface ProjectFile {
  readonly path: string;
  readonly content: string;
  /** Others that say the same: where one of them exists, this one is not written. */
  readonly instead?: readonly string[];
  /** Lines that belong into a file that exists already. */
  readonly lines?: true;
}

const Package = v.object({ version: v.string(), devDependencies: v.record(v.string(), v.string()) });

/** Of this package, wherever it is installed: both stand beside `src` in the repository and beside `dist` in the package. */
const shipped = (name: string): string => readFileSync(new URL(`../../../${name}`, import.meta.url), 'utf8');

/** What a worker of its own consists of. Nothing in it is secret, and nothing changes who may do what. */
export function projectFiles(name: string): readonly ProjectFile[] {
  return [
    { path: 'src/worker.ts', content: WORKER },
    { path: 'wrangler.toml', content: wranglerConfig(name), instead: ['wrangler.json', 'wrangler.jsonc'] },
    { path: 'policy.ts', content: policy(name) },
    { path: '.dev.vars.example', content: VARIABLES },
    { path: '.gitignore', content: IGNORED, lines: true },
    { path: 'package.json', content: packageFile(name) },
    { path: 'tsconfig.json', content: COMPILER },
  ];
}

const WORKER = `// Clerk's webhooks, the interface for apps and operators, what waits in the queue, and the clock.
export { default } from 'rolecall/worker';
`;

/** The one that Rolecall itself is tested with, for a worker of this name. */
function wranglerConfig(name: string): string {
  return shipped('wrangler.toml')
    .replace(/^name = .*$/m, `name = "${name}"`)
    .replace(/^main = .*$/m, 'main = "src/worker.ts"');
}

function policy(name: string): string {
  return `import { definePolicy } from 'rolecall/policy';

// Members have Clerk's own roles and permissions; yours come on top. A misspelt permission does not compile.
// \`npx rolecall policy diff policy.ts\` tells who would gain and lose what; nothing changes before \`policy apply\`.
export default definePolicy({
  name: '${name}',
  extends: 'provider',
  permissions: {
    'reports:read': 'Read reports',
    'reports:write': 'Write reports',
  },
  roles: {
    'org:admin': {
      title: 'Admin',
      description: 'Runs the organization.',
      givenToCreator: true,
      includes: ['org:member'],
      can: ['reports:write'],
      assigns: ['org:admin', 'org:member'],
    },
    'org:member': { title: 'Member', description: 'Works in it.', can: ['reports:read'] },
  },
});
`;
}

const VARIABLES = `# Copy this to .dev.vars, which git does not see, and fill it in. In production each is a secret:
#   npx wrangler secret put CLERK_SECRET_KEY

# Clerk's dashboard, Webhooks, the endpoint https://…/webhooks/clerk: its signing secret, whsec_…
CLERK_WEBHOOK_SIGNING_SECRET=
# Clerk's dashboard, API keys: sk_test_… or sk_live_…
CLERK_SECRET_KEY=
# Bearer tokens of apps and of operators, made by: openssl rand -base64 32
ROLECALL_READ_TOKEN=
ROLECALL_OPERATOR_TOKEN=

# Only for browsers (/v1/me), all three or none: the instance's public key (PEM, line breaks as \\n), the issuer of its
# session tokens, and the origins of your app.
# CLERK_JWT_KEY=
# CLERK_ISSUER=https://….clerk.accounts.dev
# ROLECALL_AUTHORIZED_PARTIES=http://localhost:3000

# Only where they differ from these:
# ROLECALL_MODE=enforce
# ROLECALL_CONSEQUENCES=
# ROLECALL_RECONCILE_EVERY=24
# ROLECALL_KEEP_PAYLOADS=30

# Postgres, for the command line and for \`wrangler dev\`. The deployed worker has Hyperdrive instead.
DATABASE_URL=
CLOUDFLARE_HYPERDRIVE_LOCAL_CONNECTION_STRING_HYPERDRIVE=
`;

const IGNORED = `node_modules/
.wrangler/
.rolecall
.dev.vars
`;

function packageFile(name: string): string {
  const { version, devDependencies } = v.parse(Package, JSON.parse(shipped('package.json')));
  const command = 'node --env-file=.dev.vars node_modules/rolecall/dist/cli/main.js';
  const content = {
    name,
    private: true,
    type: 'module',
    scripts: {
      dev: 'wrangler dev',
      deploy: 'wrangler deploy',
      types: 'tsc',
      rolecall: command,
      doctor: `${command} doctor`,
    },
    dependencies: { rolecall: version },
    devDependencies: { typescript: devDependencies['typescript'], wrangler: devDependencies['wrangler'] },
  };
  return `${JSON.stringify(content, null, 2)}\n`;
}

const COMPILER = `{
  "compilerOptions": {
    "target": "ES2023",
    "lib": ["ES2023", "DOM", "DOM.Iterable"],
    "module": "ESNext",
    "moduleResolution": "Bundler",
    "types": [],
    "strict": true,
    "skipLibCheck": true,
    "noEmit": true
  },
  "include": ["src", "policy.ts"]
}
`;
