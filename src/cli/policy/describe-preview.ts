import type { PolicyPreview } from '../../pipeline/policies/preview-policy.ts';
import { table } from '../table.ts';

/** Who gains and who loses what, for people. */
export function describePreview(preview: PolicyPreview): string {
  if (preview.unchanged) return `This is the active policy, version ${preview.active}. Nothing changes.`;
  const rows = preview.roles.flatMap(({ role, members, gained, lost }) => [
    ...gained.map((grant) => [role, String(members), `+ ${grant}`]),
    ...lost.map((grant) => [role, String(members), `- ${grant}`]),
  ]);
  return [
    preview.active === 0 ? 'No policy is active yet.' : `Version ${preview.active} is active.`,
    rows.length === 0 ? 'No role gains or loses anything.' : table([['role', 'members', 'grant'], ...rows]),
    `${preview.cutOff} of ${preview.members} members hold a role that loses something: their older tokens are refused.`,
    ...preview.sample.map(({ organization, user, role }) => `  ${user} in ${organization}, ${role}`),
    ...(preview.cutOff > preview.sample.length && preview.sample.length > 0 ? ['  and others'] : []),
    ...(preview.tooMany ? ['So many lose access only when an operator approves.'] : []),
  ].join('\n');
}
