import type { TokenRules } from './session-token.ts';

/** Which tokens are taken. */
export interface GuardSettings {
  /** The instance's public key, PEM: `CLERK_JWT_KEY`. */
  readonly jwtKey: string | undefined;
  /** Who issues the tokens, exactly as `iss` says it: the Frontend API's URL, `CLERK_ISSUER`. */
  readonly issuer: string | undefined;
  /** The origins whose tokens are taken, exactly as `azp` says them. A token without one is refused. */
  readonly authorizedParties: readonly string[] | undefined;
  /** Whether staff who impersonate a user pass as that user. They do not when left out. */
  readonly allowImpersonation?: boolean;
  /** `__session` when left out; `__session_<suffix>` where several instances share a domain. */
  readonly cookieName?: string;
}

export function readSettings(settings: GuardSettings): TokenRules & { readonly cookieName: string } {
  const {
    issuer = '',
    authorizedParties = [],
    allowImpersonation = false,
    cookieName = '__session',
  } = settings;
  const jwtKey = publicKeyIn(settings.jwtKey);
  const problems = [
    ...(jwtKey === null ? ['jwtKey must be a public key in PEM'] : []),
    ...(URL.canParse(issuer) ? [] : ['issuer must be the URL that tokens name as theirs']),
    ...(Array.isArray(authorizedParties) && authorizedParties.length > 0 && authorizedParties.every(isOrigin)
      ? []
      : ['authorizedParties must be one origin or more, without a path']),
    ...(/^[A-Za-z0-9_-]+$/.test(cookieName) ? [] : ['cookieName must be the name of a cookie']),
  ];
  if (jwtKey === null || problems.length > 0)
    throw new Error(`The guard is misconfigured: ${problems.join('; ')}`);
  return { jwtKey, issuer, authorizedParties, allowImpersonation, cookieName };
}

/** Null where it is none. A PEM in an environment variable often has its line breaks written as \n. */
export function publicKeyIn(text = ''): string | null {
  const pem = text.replaceAll('\\n', '\n').trim();
  return /^-----BEGIN PUBLIC KEY-----[A-Za-z0-9+/=\s]+-----END PUBLIC KEY-----$/.test(pem) ? pem : null;
}

/** As browsers write it in `Origin`. Apps on phones have schemes of their own, which have no origin. */
export function isOrigin(party: string): boolean {
  return URL.canParse(party) && (!/^https?:/.test(party) || new URL(party).origin === party);
}
