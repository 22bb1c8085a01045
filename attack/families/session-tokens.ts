import { createHmac } from 'node:crypto';
import type { World } from '../attack.ts';

type Claims = Readonly<Record<string, unknown>>;

const seconds = (world: World) => Math.floor(world.now() / 1_000);

/** Ada's claims as the provider makes them, some of them changed; undefined leaves one out. */
export function claimsOf(world: World, changes: Claims = {}): Claims {
  return {
    azp: world.authorizedParty,
    exp: seconds(world) + 60,
    iat: seconds(world),
    iss: world.issuer,
    nbf: seconds(world) - 10,
    o: { id: 'org_acme', rol: 'admin', slg: 'acme' },
    sid: world.sessions.ada,
    sts: 'active',
    sub: 'user_ada',
    v: 2,
    ...changes,
  };
}

/** A token with which Ada is let in. */
export function authenticToken(world: World): string {
  return world.signToken(claimsOf(world));
}

const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const parts = (world: World): [string, string, string] => {
  const [header = '', claims = '', signature = ''] = authenticToken(world).split('.');
  return [header, claims, signature];
};

/** Authentic in part, or wholly, and worth nothing. */
export const HOSTILE_TOKENS: Readonly<Record<string, (world: World, chance: () => number) => string>> = {
  'signed by somebody else': (world) => world.forgeToken(claimsOf(world)),
  'of a session that has ended': (world) => world.signToken(claimsOf(world, { sid: 'sess_ended' })),
  'without its signature': (world) => `${parts(world)[0]}.${parts(world)[1]}.`,
  'without its last part': (world) => parts(world).slice(0, 2).join('.'),
  'with other claims': (world) => {
    const [header, , signature] = parts(world);
    return `${header}.${encoded(claimsOf(world, { sub: 'user_rex' }))}.${signature}`;
  },
  'with one character of its signature changed': (world, chance) => {
    const [header, claims, signature] = parts(world);
    const at = Math.floor(chance() * (signature.length - 1));
    const other = signature[at] === 'A' ? 'B' : 'A';
    return `${header}.${claims}.${signature.slice(0, at)}${other}${signature.slice(at + 1)}`;
  },
  'cut off': (world, chance) => {
    const token = authenticToken(world);
    return token.slice(0, Math.floor(chance() * (token.length - 3)));
  },
  ...Object.fromEntries(
    ['none', 'None', 'NONE', ''].map((alg) => [
      `of the algorithm “${alg}”`,
      (world: World) => `${encoded({ alg, typ: 'JWT' })}.${parts(world)[1]}.`,
    ]),
  ),
  'of HS256 with the public key': (world) => {
    const input = `${encoded({ alg: 'HS256', typ: 'JWT' })}.${parts(world)[1]}`;
    return `${input}.${createHmac('sha256', world.jwtKeyPem).update(input).digest('base64url')}`;
  },
  'of HS256 with the trimmed public key': (world) => {
    const input = `${encoded({ alg: 'HS256', typ: 'JWT' })}.${parts(world)[1]}`;
    return `${input}.${createHmac('sha256', world.jwtKeyPem.trim()).update(input).digest('base64url')}`;
  },
  'of RS512': (world) => world.signToken(claimsOf(world), { alg: 'RS512' }),
  'of many algorithms': (world) => world.signToken(claimsOf(world), { alg: ['RS256', 'none'] }),
  'of the type of an access token': (world) => world.signToken(claimsOf(world), { typ: 'at+jwt' }),
  'with an extension': (world) => world.signToken(claimsOf(world), { crit: ['b64'], b64: false }),
  'that brings its own key': (world) =>
    world.forgeToken(claimsOf(world, { jwk: { kty: 'RSA' }, jku: 'https://elsewhere.example' })),
  ...Object.fromEntries(
    Object.entries<(world: World) => Claims>({
      'of another issuer': () => ({ iss: 'https://elsewhere.clerk.accounts.dev' }),
      'of an issuer that begins like ours': (world) => ({ iss: `${world.issuer}.evil` }),
      'of no issuer': () => ({ iss: undefined }),
      'of many issuers': (world) => ({ iss: [world.issuer] }),
      'for another app': () => ({ azp: 'https://elsewhere.example' }),
      'for no app': () => ({ azp: undefined }),
      'for an app that is called like ours': (world) => ({ azp: `${world.authorizedParty}.evil` }),
      'that has expired': (world) => ({ iat: seconds(world) - 120, exp: seconds(world) - 60 }),
      'that ends before it begins': (world) => ({ exp: seconds(world) - 10 }),
      'of the future': (world) => ({ iat: seconds(world) + 60, exp: seconds(world) + 120 }),
      'that begins in the future': (world) => ({ nbf: seconds(world) + 60 }),
      'that lives ten years': (world) => ({ exp: seconds(world) + 315_360_000 }),
      'that lives 301 seconds': (world) => ({ exp: seconds(world) + 301 }),
      'that never ends': () => ({ exp: undefined }),
      'that was never issued': () => ({ iat: undefined }),
      'issued within a second': (world) => ({ iat: seconds(world) + 0.5 }),
      'issued in words': (world) => ({ iat: String(seconds(world)) }),
      'issued past all numbers': () => ({ iat: 1e300, exp: 1e300 }),
      'of a pending session': () => ({ sts: 'pending' }),
      'of a session in no state': () => ({ sts: undefined }),
      'of an impersonator': () => ({ act: { sub: 'user_staff' } }),
      'of nobody’s impersonation': () => ({ act: null }),
      'of no session': () => ({ sid: undefined }),
      'of an empty session': () => ({ sid: '' }),
      'of nobody': () => ({ sub: undefined }),
      'of a machine': () => ({ sub: 'mch_1' }),
      'of somebody else with Ada’s session': () => ({ sub: 'user_bob', o: { id: 'org_acme' } }),
      'of two users': () => ({ sub: ['user_ada', 'user_rex'] }),
      'of a user with a NUL': () => ({ sub: 'user_ada\0' }),
      'of a version to come': () => ({ v: 3 }),
      'of an organization that is no id': () => ({ o: { id: 'org/acme' } }),
      'of an organization without an id': () => ({ o: {} }),
    }).map(([name, changes]) => [name, (world: World) => world.signToken(claimsOf(world, changes(world)))]),
  ),
  'much too long': (world) => world.signToken(claimsOf(world, { pad: 'x'.repeat(9_000) })),
  'three empty parts': () => '..',
  'no token at all': () => 'ak_1234567890',
  'of claims that are null': (world) => `${parts(world)[0]}.${encoded(null)}.${parts(world)[2]}`,
};
