import { isOrganizationId, isUserId } from '../domain/ids.ts';
import type { SessionTokens } from '../pipeline/ports.ts';
import { readSessionToken, type TokenRules } from '../sdk/guard/session-token.ts';
import { isOrigin, publicKeyIn } from '../sdk/guard/settings.ts';

const NAMES = ['CLERK_JWT_KEY', 'CLERK_ISSUER', 'ROLECALL_AUTHORIZED_PARTIES'] as const;

/** Whose session tokens are taken, as the environment says it. Without any of the three variables: nobody's. */
export function readTokenRules(
  text: (name: string) => string,
): { readonly rules: TokenRules | null } | { readonly problems: readonly string[] } {
  const missing = NAMES.filter((name) => text(name) === '');
  if (missing.length === NAMES.length) return { rules: null };
  const jwtKey = publicKeyIn(text('CLERK_JWT_KEY'));
  const issuer = text('CLERK_ISSUER');
  const authorizedParties = text('ROLECALL_AUTHORIZED_PARTIES').split(/\s+/);
  const wrong = {
    CLERK_JWT_KEY: jwtKey === null ? 'must be a public key in PEM' : null,
    CLERK_ISSUER: URL.canParse(issuer) ? null : 'must be the URL that session tokens name as theirs',
    ROLECALL_AUTHORIZED_PARTIES: authorizedParties.every(isOrigin)
      ? null
      : 'must hold origins without a path, separated by spaces',
  };
  const problems = NAMES.flatMap((name) => {
    if (missing.includes(name)) return [`${name} is missing: session tokens need all three or none`];
    return wrong[name] === null ? [] : [`${name} ${wrong[name]}`];
  });
  if (jwtKey === null || problems.length > 0) return { problems };
  return { rules: { jwtKey, issuer, authorizedParties, allowImpersonation: false } };
}

/** The guard's own reading of session tokens: what an app refuses is refused here. */
export function sessionTokens(rules: TokenRules): SessionTokens {
  return {
    origins: rules.authorizedParties,
    async verify(token, now) {
      const caller = await readSessionToken(token, rules, now);
      if (typeof caller === 'string') return { refused: caller };
      const { user, session, organization, issuedAt, expiresAt } = caller;
      if (!isUserId(user)) return { refused: 'no_user' };
      if (organization !== null && !isOrganizationId(organization)) return { refused: 'malformed' };
      return {
        userId: user,
        sessionId: session,
        organizationId: organization,
        issuedAt: issuedAt * 1_000,
        expiresAt: expiresAt * 1_000,
      };
    },
  };
}
