import type { Scope } from '../domain/grant.ts';
import type { Wanted } from './guard/authorization.ts';

type Reader<Value, From extends readonly unknown[]> = (
  ...from: From
) => Value | undefined | Promise<Value | undefined>;

/** A value, or what reads it from the request. What it cannot find it gives as undefined. */
export type Given<Value, From extends readonly unknown[]> = Value | Reader<Value, From>;

/** Where a permission is needed. */
export interface Where<From extends readonly unknown[]> {
  /** The token's own when left out; then read rows of `identity.organization` only. */
  readonly organization?: Given<string, From>;
  /** Who owns the row in question; null for nobody. */
  readonly owner?: Given<string | null, From>;
  readonly assignees?: Given<readonly string[], From>;
  readonly scope?: Given<Scope, From>;
}

/** Reads all that is given. What is given and not found stays there as undefined, for the guard to refuse. */
export async function wantedAt<Permission extends string, From extends readonly unknown[]>(
  permission: Permission,
  where: Where<From>,
  from: From,
): Promise<Wanted<Permission>> {
  const { organization, owner, assignees, scope } = where;
  return {
    permission,
    ...(organization === undefined ? {} : { organization: await read(organization, from) }),
    ...(owner === undefined ? {} : { owner: await read(owner, from) }),
    ...(assignees === undefined ? {} : { assignees: await read(assignees, from) }),
    ...(scope === undefined ? {} : { scope: await read(scope, from) }),
  };
}

function read<Value extends string | null | readonly string[] | Scope, From extends readonly unknown[]>(
  given: Given<Value, From>,
  from: From,
): Value | undefined | Promise<Value | undefined> {
  return isReader(given) ? given(...from) : given;
}

function isReader<Value, From extends readonly unknown[]>(
  given: Given<Value, From>,
): given is Reader<Value, From> {
  return typeof given === 'function';
}
