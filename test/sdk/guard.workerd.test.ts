import { beforeAll, describe, expect, it } from 'vitest';
import { createGuard } from '../../src/sdk/guard/index.ts';
import { createClient } from '../../src/sdk/index.ts';

// The stand-in signs with Node's own modules; here is what the runtime of the Workers has.
const RSA = {
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  modulusLength: 2048,
  publicExponent: Uint8Array.of(1, 0, 1),
};
const base64 = (bytes: ArrayBuffer | Uint8Array<ArrayBuffer>) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes)));
const base64url = (bytes: ArrayBuffer | Uint8Array<ArrayBuffer>) =>
  base64(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
const encoded = (value: unknown) => base64url(new TextEncoder().encode(JSON.stringify(value)));

let keys: CryptoKeyPair;
let jwtKey: string;
beforeAll(async () => {
  keys = await crypto.subtle.generateKey(RSA, true, ['sign', 'verify']);
  const spki = await crypto.subtle.exportKey('spki', keys.publicKey);
  jwtKey = `-----BEGIN PUBLIC KEY-----\n${base64(spki)}\n-----END PUBLIC KEY-----`;
});

const sign = async (changes: object = {}) => {
  const iat = Math.floor(Date.now() / 1_000);
  const claims = {
    azp: 'https://app.example',
    exp: iat + 60,
    iat,
    iss: 'https://clerk.example',
    o: { id: 'org_acme' },
    sid: 'sess_1',
    sts: 'active',
    sub: 'user_ada',
    v: 2,
    ...changes,
  };
  const signed = `${encoded({ alg: 'RS256', typ: 'JWT' })}.${encoded(claims)}`;
  const signature = await crypto.subtle.sign(RSA.name, keys.privateKey, new TextEncoder().encode(signed));
  return `${signed}.${base64url(signature)}`;
};

const authorize = async (token: string) => {
  const client = createClient({
    url: 'https://rolecall.example',
    token: 'a-read-token',
    fetch: async (request) =>
      Response.json({ decision: (await request.text()).includes('"action":{"name":"read"}') }),
  });
  const guard = createGuard({
    client,
    jwtKey,
    issuer: 'https://clerk.example',
    authorizedParties: ['https://app.example'],
  });
  const request = new Request('https://app.example', { headers: { authorization: `Bearer ${token}` } });
  const [read, write] = [
    await guard.authorize(request, { permission: 'read' }),
    await guard.authorize(request, { permission: 'write' }),
  ];
  return [read, write].map((one) => (one.allowed ? 'allowed' : one.reason));
};

describe('in workerd, a guard', () => {
  it('lets an authentic token through to what Rolecall says', async () => {
    expect(await authorize(await sign())).toEqual(['allowed', 'denied']);
  });

  it('refuses the others', async () => {
    const token = await sign();
    const [header, , signature] = token.split('.');
    const forged = `${header ?? ''}.${encoded({ sub: 'user_admin' })}.${signature ?? ''}`;
    expect(await authorize(forged)).toEqual(['forged', 'forged']);
    expect(await authorize(await sign({ exp: 0, iat: 0 }))).toEqual(['expired', 'expired']);
    expect(await authorize(await sign({ sts: 'pending' }))).toEqual(['not_active', 'not_active']);
  });
});
