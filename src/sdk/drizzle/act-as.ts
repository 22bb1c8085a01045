import { is, type SQL, sql } from 'drizzle-orm';
import { PgRole } from 'drizzle-orm/pg-core';
import { rolecallSubject } from './roles.ts';

/** What a verified session token says, as the guard's `Identity` has it. */
export interface SessionClaims {
  readonly user: string;
  readonly session: string;
  /** `iat`: whole seconds. */
  readonly issuedAt: number;
  readonly organization: string | null;
  /** Who impersonates the user. The database refuses them. */
  readonly actor?: string | null;
}

interface Transaction {
  execute(query: SQL): PromiseLike<unknown>;
}

/**
 * Makes the rest of the transaction the user's: the role that row-level security holds for, and the claims that
 * `rolecall.i_can` reads. Outside of a transaction it does nothing: see `asSubject`.
 * @param role one that is granted `rolecall_subject`; that role itself when left out.
 */
export function actAs(caller: SessionClaims, role: PgRole | string = rolecallSubject): SQL {
  const { user, session, issuedAt, organization, actor = null } = caller;
  const claims = JSON.stringify({
    v: 2,
    sub: user,
    sid: session,
    iat: issuedAt,
    sts: 'active',
    ...(organization === null ? {} : { o: { id: organization } }),
    ...(actor === null ? {} : { act: { sub: actor } }),
  });
  const name = is(role, PgRole) ? role.name : role;
  return sql`select set_config('role', ${name}, true), set_config('request.jwt.claims', ${claims}, true)`;
}

/** Runs a transaction as the user whom a verified token is of: `asSubject(db, c.var.rolecall, (tx) => …)`. */
export function asSubject<Tx extends Transaction, Result>(
  database: { transaction<T>(run: (tx: Tx) => Promise<T>): Promise<T> },
  caller: SessionClaims,
  run: (tx: Tx) => Promise<Result>,
  role: PgRole | string = rolecallSubject,
): Promise<Result> {
  return database.transaction(async (tx) => {
    await tx.execute(actAs(caller, role));
    return run(tx);
  });
}
