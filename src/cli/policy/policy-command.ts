import { Command } from 'commander';
import { print } from '../output.ts';
import { applyCommand, diffCommand, historyCommand } from './activation-commands.ts';
import { describePolicy } from './describe-policy.ts';
import { policyIn } from './load-policy.ts';

interface Options {
  readonly json?: true;
}

export function policyCommand(): Command {
  const policy = new Command('policy').description(
    'what may be done by whom: look at a policy, and activate it',
  );
  verb('show', 'print what a policy comes to: every role with everything it includes').action(
    async (file: string, options: Options) => {
      const resolved = await policyIn(file, options);
      print(options, resolved, describePolicy(resolved));
    },
  );
  verb('check', 'say everything that is wrong with a policy').action(
    async (file: string, options: Options) => {
      const { name, roles, permissions } = await policyIn(file, options);
      const counts = `${Object.keys(roles).length} roles, ${Object.keys(permissions).length} permissions`;
      print(options, { name, problems: [] }, `${name}: ${counts}, no problems.`);
    },
  );
  for (const command of [diffCommand(), applyCommand(), historyCommand()]) {
    policy.addCommand(command);
  }
  return policy;

  function verb(name: string, description: string): Command {
    return policy
      .command(name)
      .description(description)
      .argument('<file>', 'a TypeScript or JavaScript file whose default export is the policy')
      .option('--json', 'answer as JSON');
  }
}
