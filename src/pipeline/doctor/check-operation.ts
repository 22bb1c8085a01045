import type { ResolvedPolicy } from '../../policy/resolved-policy.ts';
import type { Status } from '../operators/status.ts';
import type { Mode, PolicyRecord } from '../ports.ts';
import { type Check, fail, ok, skipped, warn } from './check.ts';

export type ActivePolicy = Pick<PolicyRecord, 'version' | 'name'> & { readonly document: ResolvedPolicy };

/** @param misfit why this code does not work on that schema; null where it does. */
export function checkSchemaVersion(misfit: 'too_old' | 'too_new' | null): Check {
  if (misfit === null) return ok('schema_version', 'The schema fits this version.');
  return misfit === 'too_old'
    ? fail('schema_version', 'The schema is older than this version works on.', 'Run rolecall migrate.')
    : fail(
        'schema_version',
        'The schema is newer than this version works on.',
        'Deploy the version that migrated it, or a newer one.',
      );
}

/** @param policy the active one; null where none is, undefined where it could not be read. */
export function checkPolicy(
  policy: ActivePolicy | null | undefined,
  providerRoles: readonly string[] | null,
): readonly Check[] {
  if (policy === undefined) {
    return [
      fail(
        'policy',
        'The active policy cannot be read by this version.',
        'Deploy the version that activated it, or activate one: rolecall policy apply.',
      ),
      skipped('policy_roles', 'The active policy could not be read.'),
    ];
  }
  if (policy === null) {
    return [
      ok('policy', 'No policy was activated: Clerk’s own roles and permissions hold.'),
      ok('policy_roles', 'Every role of Clerk’s counts.'),
    ];
  }
  const { version, name, document } = policy;
  return [ok('policy', `Version ${version} is active: ${name}.`), checkRoles(document, providerRoles)];
}

function checkRoles(policy: ResolvedPolicy, providerRoles: readonly string[] | null): Check {
  if (policy.extends === 'provider')
    return ok('policy_roles', 'Roles that the policy does not know keep what Clerk grants.');
  if (providerRoles === null) return skipped('policy_roles', 'Clerk could not be asked for its roles.');
  const unknown = providerRoles.filter((role) => !Object.hasOwn(policy.roles, role));
  return unknown.length === 0
    ? ok('policy_roles', 'The policy knows every role that Clerk has.')
    : warn(
        'policy_roles',
        'Clerk has roles that the policy does not know: their members may do nothing.',
        'Add them to the policy and apply it, or delete them in Clerk.',
        unknown,
      );
}

/** @param mode what this environment says; null where it cannot be read. */
export function checkOperation(
  status: Pick<Status, 'problems' | 'facts'>,
  mode: Mode | null,
): readonly Check[] {
  const { operations, findings } = status.facts;
  return [
    ...checkProblems(status.problems),
    operations.aliveAt === null
      ? warn(
          'worker_alive',
          'No worker was ever at work on this database.',
          'Start it: rolecall serve, or deploy with the cron trigger of wrangler.toml, and see its log.',
        )
      : ok('worker_alive', `A worker was at work at ${operations.aliveAt}.`),
    checkMode(operations.mode, mode),
    findings === 0
      ? ok('findings', 'Everything that the policy says holds.')
      : warn(
          'findings',
          `${findings} things do not hold although the policy says so, or could not be read.`,
          'GET /v1/organizations/{organization}/findings names each.',
        ),
  ];
}

/** What the one screen says, under its own codes. */
function checkProblems(problems: Status['problems']): readonly Check[] {
  if (problems.length === 0) return [ok('status', 'The status is green.')];
  return problems.map(({ code, severity, message, runbook }) =>
    (severity === 'red' ? fail : warn)(code, message, `See ${runbook}, and rolecall status.`),
  );
}

function checkMode(known: Mode | null, mode: Mode | null): Check {
  return known === null || mode === null || known === mode
    ? ok('mode', `The mode is ${mode ?? known ?? 'not known yet'}.`)
    : warn(
        'mode',
        `The worker runs in mode ${known}, this environment says ${mode}.`,
        'Set ROLECALL_MODE alike.',
      );
}
