import type { ResolvedConstraint } from '../resolved-policy.ts';
import { fieldsOf, listOf, nameOf, type Report, wholeNumber } from './shapes.ts';

const SETTLE_SECONDS = 60;
const A_DAY = 86_400;
const MOST_FIRST_MEMBERS = 1000;

export function readConstraints(value: unknown, report: Report): ResolvedConstraint[] {
  return listOf(value, 'constraints', report).flatMap(
    (item, index) => readConstraint(item, `constraints[${index}]`, report) ?? [],
  );
}

function readConstraint(value: unknown, at: string, report: Report): ResolvedConstraint | null {
  const kind = typeof value === 'object' && value !== null ? value : {};
  if ('exactlyOne' in kind) {
    const fields = fieldsOf(value, at, ['exactlyOne', 'settleSeconds'], report);
    const exactlyOne = nameOf(fields?.['exactlyOne'], `${at}.exactlyOne`, report);
    const given = fields?.['settleSeconds'] ?? SETTLE_SECONDS;
    const settleSeconds = wholeNumber(given, `${at}.settleSeconds`, 0, A_DAY, report);
    return exactlyOne === null ? null : { exactlyOne, settleSeconds };
  }
  if ('firstMembersBecome' in kind) {
    const fields = fieldsOf(value, at, ['firstMembersBecome', 'count'], report);
    const firstMembersBecome = nameOf(fields?.['firstMembersBecome'], `${at}.firstMembersBecome`, report);
    const count = wholeNumber(fields?.['count'], `${at}.count`, 1, MOST_FIRST_MEMBERS, report);
    return firstMembersBecome === null ? null : { firstMembersBecome, count };
  }
  report(at, 'must say exactlyOne or firstMembersBecome');
  return null;
}
