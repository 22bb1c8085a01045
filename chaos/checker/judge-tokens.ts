import type { Sql } from 'postgres';
import type { Evidence, Finding } from './run.ts';
import { type ReadToken, readToken } from './token.ts';
import type { Truth } from './truth.ts';

export interface Excessive extends ReadToken {
  readonly excess: readonly string[];
}

/** Tokens that carry more than their holder has now. Left out: states of which no news was ever sent. */
export function excessiveTokens(truth: Truth, { tokens }: Pick<Evidence, 'tokens'>): Excessive[] {
  return tokens.flatMap(({ token, mintedAt }) => {
    const read = readToken(token);
    if (read === null) return [];
    const held = truth.holds(read.organization, read.user);
    const excess = read.carries.filter((permission) => !held.has(permission));
    return excess.length > 0 && wasTold(truth, read, mintedAt) ? [{ ...read, excess }] : [];
  });
}

function wasTold(truth: Truth, { organization, user }: ReadToken, at: number): boolean {
  const stay = [...truth.incarnations.values()]
    .filter((one) => one.organization === organization && one.user === user)
    .flatMap(({ stays }) => stays)
    .findLast((one) => one.at <= at);
  const definition = truth.definitions.get(stay?.role ?? '')?.findLast((one) => one.at <= at);
  return stay?.told === true && definition?.told === true;
}

/** A session of which nobody heard: those of whoever lost something are over soon, and that alone refuses their tokens. */
export const UNHEARD = 'sess_never_heard_of';

/** Rule 10: such a token is refused, whoever is asked, and by its time alone. */
export async function judgeTokens(
  excessive: readonly Excessive[],
  reader: Sql,
  askHttp: (
    asked: readonly Excessive[],
    permission: (of: Excessive) => string | undefined,
  ) => Promise<boolean[]>,
  truth: Truth,
): Promise<Finding[]> {
  const rows = await reader<{ n: number }[]>`
    select t.n::int as n from unnest(
        ${excessive.map(({ user }) => user)}::text[], ${excessive.map(({ organization }) => organization)}::text[], ${excessive.map(({ issuedAt }) => issuedAt)}::float8[]
      ) with ordinality as t(user_id, organization_id, issued_at, n)
     where rolecall.token_is_current(t.user_id, t.organization_id, ${UNHEARD}, to_timestamp(t.issued_at))`;
  const words = ({ user, organization, session, issuedAt, excess }: Excessive) =>
    `${user} in ${organization} by ${session} of ${new Date(issuedAt * 1_000).toISOString()} carries ${excess.join(' ')}`;
  const accepted = rows.flatMap(({ n }) => excessive.slice(n - 1, n)).map(words);

  // Asked about what the holder still has: whatever else they have not, so only the token can be the reason.
  const kept = (token: Excessive) => [...truth.holds(token.organization, token.user)][0];
  const asked = excessive.filter((token) => kept(token) !== undefined);
  const allowed = await askHttp(asked, kept);
  const members = truth.pairs().filter(({ organization, user }) => truth.holds(organization, user).size > 0);
  const locked = await reader<{ pair: string }[]>`
    select m.organization || '/' || m.user as pair
      from unnest(${members.map((one) => one.organization)}::text[], ${members.map((one) => one.user)}::text[]) as m(organization, "user")
     where not rolecall.token_is_current(m.user, m.organization, ${UNHEARD}, now() + interval '5 seconds')`;
  return [
    {
      promise: 'a token that is minted after all that is taken',
      checked: members.length,
      broken: locked.map(({ pair }) => pair),
    },
    {
      promise: 'a token that carries more than its holder has is refused (SQL)',
      checked: excessive.length,
      broken: accepted,
    },
    {
      promise: 'a token that carries more than its holder has is refused (HTTP)',
      checked: asked.length,
      broken: asked.filter((_, n) => allowed[n] !== false).map(words),
    },
  ];
}
