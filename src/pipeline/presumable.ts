import type { Item } from '../domain/decide/decide.ts';
import type { Draft } from '../domain/draft.ts';

/** Whether nothing of this is likely to be known yet: memberships that the provider says it has just created. */
export function isFirstNews(items: readonly Item[]): boolean {
  return items.every(
    ({ evidence, questions, observed, repeated }) =>
      !observed &&
      !repeated &&
      questions.length === 0 &&
      evidence.length > 0 &&
      evidence.every((one) => one.kind === 'membership' && one.told === 'created'),
  );
}

/**
 * Whether a decision on presumed facts may be committed: what it writes and rests on is checked, row by row or by the
 * version of the catalogue. A decision that teaches or asks something rests on more.
 */
export function isPlain(draft: Draft): boolean {
  const { users, organizations, roles, roleKeys, permissions, permissionKeys, sessions, invitations } = draft;
  const others = [users, organizations, roles, roleKeys, permissions, permissionKeys, sessions, invitations];
  return draft.effects.length === 0 && others.every((table) => table.written.size === 0);
}
