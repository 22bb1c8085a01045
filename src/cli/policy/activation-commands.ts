import { userInfo } from 'node:os';
import { Command } from 'commander';
import { type Applied, applyPolicy } from '../../pipeline/policies/apply-policy.ts';
import { previewPolicy } from '../../pipeline/policies/preview-policy.ts';
import type { PolicyStore } from '../../pipeline/ports.ts';
import type { ResolvedPolicy } from '../../policy/index.ts';
import { PROVIDER_POLICY } from '../../policy/provider-policy.ts';
import { withPolicyTools } from '../database.ts';
import { endAsFailed, fail, misused, print } from '../output.ts';
import { table } from '../table.ts';
import { wholeNumber } from '../whole-number.ts';
import { describePreview } from './describe-preview.ts';
import { policyIn } from './load-policy.ts';

interface Format {
  readonly json?: true;
}

interface Source extends Format {
  readonly rollback?: number;
  readonly provider?: true;
}

interface ApplyCommandOptions extends Source {
  readonly reason: string;
  readonly by?: string;
  readonly expect?: number;
}

export function diffCommand(): Command {
  return source(new Command('diff').description('say who would gain and lose what by a policy')).action(
    async (file: string | undefined, options: Source) => {
      const preview = await withPolicyTools(options, async (tools) => {
        const { policy, digest } = await proposed(file, options, tools.policies);
        return (await previewPolicy(tools, policy, digest)).preview;
      });
      print(options, preview, describePreview(preview));
    },
  );
}

export function applyCommand(): Command {
  return source(
    new Command('apply').description('activate a policy, unless too many would lose access by it'),
  )
    .option('--reason <text>', 'why, for the history', '')
    .option('--by <name>', 'who, for the history; the name of the system’s user when left out')
    .option('--expect <version>', 'only when this version is active still', wholeNumber)
    .action(async (file: string | undefined, options: ApplyCommandOptions) => {
      const applied = await withPolicyTools(options, async (tools) => {
        const { policy, digest } = await proposed(file, options, tools.policies);
        const by = options.by ?? userInfo().username;
        const expected = options.expect === undefined ? {} : { expected: options.expect };
        return applyPolicy(tools, { policy, digest, by, reason: options.reason }, expected);
      });
      print(options, applied, `${describePreview(applied.preview)}\n\n${describeApplied(applied)}`);
      if (applied.result === 'held' || applied.result === 'conflict') endAsFailed();
    });
}

export function historyCommand(): Command {
  return new Command('history')
    .description('list every policy that was ever activated, latest first')
    .option('--json', 'answer as JSON')
    .action(async (options: Format) => {
      const policies = await withPolicyTools(options, (tools) => tools.policies.readPolicies());
      const rows = policies.map((one) => [String(one.version), one.name, one.at, one.by, one.reason]);
      const text = table([['version', 'policy', 'activated', 'by', 'reason'], ...rows]);
      print(options, { policies }, policies.length === 0 ? 'No policy was ever activated.' : text);
    });
}

export function describeApplied(applied: Applied): string {
  switch (applied.result) {
    case 'applied':
      return `Activated as version ${applied.version}.`;
    case 'unchanged':
      return `Version ${applied.version} stays active.`;
    case 'held':
      return `It waits as hold ${applied.hold}: rolecall holds approve ${applied.hold}, or reject.`;
    case 'conflict':
      return `Nothing was changed: version ${applied.version} is active by now. Look at the difference again.`;
  }
}

function source(command: Command): Command {
  return command
    .argument('[file]', 'a TypeScript or JavaScript file whose default export is the policy')
    .option('--rollback <version>', 'instead of a file: the policy of an earlier version', wholeNumber)
    .option('--provider', 'instead of a file: the provider’s own roles and permissions alone')
    .option('--json', 'answer as JSON');
}

async function proposed(
  file: string | undefined,
  options: Source,
  policies: PolicyStore,
): Promise<{ policy: ResolvedPolicy; digest: string }> {
  const { policyDigest } = await import('../../runtime/policy-tools.ts');
  const given = [file, options.rollback, options.provider].filter((one) => one !== undefined);
  if (given.length !== 1) misused(options, 'give one of a file, --rollback and --provider');
  if (file !== undefined) {
    const policy = await policyIn(file, options);
    return { policy, digest: policyDigest(policy) };
  }
  if (options.rollback === undefined) {
    return { policy: PROVIDER_POLICY, digest: policyDigest(PROVIDER_POLICY) };
  }
  const earlier = await policies.readPolicy(options.rollback);
  if (earlier === null) return fail(options, [`there was no version ${options.rollback}`]);
  return { policy: earlier.document, digest: earlier.digest };
}
