import { Command } from 'commander';
import * as v from 'valibot';
import { isOrganizationId, isUserId } from '../domain/ids.ts';
import { explanationJson } from '../http/operator/explanation-json.ts';
import { permissionName } from '../http/operator/explanation-routes.ts';
import { type Explanation, explainAccess } from '../pipeline/operators/explain-access.ts';
import type { AccessQuestion } from '../pipeline/operators/explanation/case.ts';
import { withAuditTools } from './database.ts';
import { misused, print } from './output.ts';

interface Options {
  readonly json?: true;
}

export function explainCommand(): Command {
  return new Command('explain')
    .description('say why somebody may or may not, down to the delivery that caused it')
    .argument('<user>', 'the id of the user')
    .argument('<organization>', 'the id of the organization')
    .argument('[permission]', 'the permission; everything they hold when left out')
    .option('--json', 'answer as JSON')
    .action(async (user: string, organization: string, permission: string | undefined, options: Options) => {
      if (!isUserId(user)) misused(options, 'that is no id of a user');
      if (!isOrganizationId(organization)) misused(options, 'that is no id of an organization');
      if (permission !== undefined && !v.is(permissionName, permission)) {
        misused(options, 'that is no name of a permission');
      }
      const question = { userId: user, organizationId: organization, permission: permission ?? null };
      const explanation = await withAuditTools(options, (tools) => explainAccess(tools, question));
      print(options, explanationJson(question, explanation), describe(question, explanation));
    });
}

function describe({ userId, organizationId, permission }: AccessQuestion, explanation: Explanation): string {
  const { answer, because, permissions, role } = explanation;
  const head =
    permission !== null
      ? `${answer === true ? 'Yes' : 'No'}: ${userId} ${answer === true ? 'holds' : 'does not hold'} ${permission} in ${organizationId}.`
      : role === null
        ? `${userId} is no member of ${organizationId}.`
        : `${userId} is ${role} in ${organizationId}, and holds ${permissions.join(', ') || 'nothing'}.`;
  return [head, ...because.map(({ text }) => `  ${text}`)].join('\n');
}
