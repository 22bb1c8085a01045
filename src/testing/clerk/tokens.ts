import type { KeyObject } from 'node:crypto';
import { createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { roleByKey } from './access.ts';
import { membershipOf, organizationOf, sessionOf, userOf } from './changes/find.ts';
import { shown } from './changes/sessions.ts';
import { ClerkRefusal } from './errors.ts';
import type { ClerkStandInOptions } from './options.ts';
import { defaults } from './options.ts';
import type { World } from './world.ts';

export type Claims = Readonly<Record<string, unknown>>;

export interface TokenRequest {
  readonly sessionId: string;
  /** Default: the session's active organization; null: none. */
  readonly organizationId?: string | null;
  /** Milliseconds, floored to a second as `iat` is. Default: now. */
  readonly issuedAt?: number;
  /** Seconds; Clerk's session tokens live 60. */
  readonly lifetime?: number;
  /** Claims to replace; `undefined` leaves one out. */
  readonly overrides?: Claims;
}

const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

/**
 * The v2 claims of a role: `fea` lists features, and bit i of the n-th number of `fpm` grants `org:<feature n>:<per i>`.
 * System permissions are never in tokens. BigInt, for a hundred actions do not fit into a double.
 */
export const permissionClaims = (
  permissions: readonly string[],
): { fea?: string; per?: string; fpm?: string } => {
  const custom = permissions.filter((key) => /^org:(?!sys_)[^:]+:[^:]+$/.test(key));
  if (custom.length === 0) return {};
  const parts = custom.map((key) => key.split(':'));
  const features = [...new Set(parts.map((part) => part[1] ?? ''))].sort();
  const actions = [...new Set(parts.map((part) => part[2] ?? ''))].sort();
  const held = new Set(custom);
  const bits = features.map((feature) =>
    actions.reduce(
      (sum, action, i) => (held.has(`org:${feature}:${action}`) ? sum | (1n << BigInt(i)) : sum),
      0n,
    ),
  );
  return {
    fea: features.map((feature) => `o:${feature}`).join(','),
    per: actions.join(','),
    fpm: bits.join(','),
  };
};

export const createTokens = (world: World, options: ClerkStandInOptions) => {
  const issuer = options.issuer ?? defaults.issuer;
  const keyId = `${world.instanceId}_key`;
  // Made on first use: 2048 bits cost 50 to 200 ms, and most tests mint nothing.
  let key: KeyObject | undefined;
  const privateKey = (): KeyObject => {
    key ??=
      options.privateKeyPem === undefined
        ? generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
        : createPrivateKey(options.privateKeyPem);
    return key;
  };
  const publicKey = () => createPublicKey(privateKey());

  /** Signs any claims at all, also ones Clerk would never make. */
  const signToken = (claims: Claims, header: Claims = {}): string => {
    const head = { alg: 'RS256', cat: 'cl_B7d4PD111AAA', kid: keyId, typ: 'JWT', ...header };
    const signed = `${base64url(head)}.${base64url(claims)}`;
    return `${signed}.${sign('RSA-SHA256', Buffer.from(signed), privateKey()).toString('base64url')}`;
  };

  return {
    issuer,
    signToken,
    publicKeyPem: (): string => publicKey().export({ type: 'spki', format: 'pem' }).toString(),
    privateKeyPem: (): string => privateKey().export({ type: 'pkcs8', format: 'pem' }).toString(),
    jwks: () => ({
      keys: [{ ...publicKey().export({ format: 'jwk' }), use: 'sig', alg: 'RS256', kid: keyId }],
    }),

    /** What the session would be given now; refuses what Clerk refuses. */
    mintToken(request: TokenRequest): string {
      const { state } = world;
      const session = shown(sessionOf(state, request.sessionId), world.now());
      const user = userOf(state, session.userId);
      if ((session.status !== 'active' && session.status !== 'pending') || user.banned) {
        throw new ClerkRefusal(
          401,
          'authentication_invalid',
          'Invalid authentication',
          `The session is ${session.status}.`,
        );
      }
      const organizationId =
        request.organizationId === undefined ? session.organizationId : request.organizationId;
      const issuedAt = Math.floor((request.issuedAt ?? world.now()) / 1_000);
      const claims: Record<string, unknown> = {
        azp: options.authorizedParty ?? defaults.authorizedParty,
        exp: issuedAt + (request.lifetime ?? 60),
        fva: [0, -1],
        iat: issuedAt,
        iss: issuer,
        jti: world.newId('jti').slice('jti_'.length),
        nbf: issuedAt - 10,
        sid: session.id,
        sts: session.status,
        sub: session.userId,
        v: 2,
      };
      if (organizationId !== null) {
        const { role } = membershipOf(state, organizationId, session.userId);
        const { fea, ...grants } = permissionClaims(roleByKey(state, role)?.permissions ?? []);
        const { id, slug } = organizationOf(state, organizationId);
        if (fea !== undefined) claims['fea'] = fea;
        claims['o'] = { id, slg: slug, rol: role.replace(/^org:/, ''), ...grants };
      }
      return signToken({ ...claims, ...request.overrides });
    },
  };
};
export type Tokens = ReturnType<typeof createTokens>;
