import { beforeAll, expect, it } from 'vitest';
import type { World } from '../../attack/attack.ts';
import { canariesOf, finderOf, needlesOf } from '../../attack/canaries.ts';
import { positionsOf } from '../../attack/families/signatures.ts';
import { FEWEST, planned } from '../../attack/plan.ts';
import { nameOf, routesOf } from '../../attack/routes.ts';
import { ROUTES } from '../../src/http/app.ts';
import { OPENAPI } from '../../src/http/openapi/generated.ts';
import { createClerkStandIn } from '../../src/testing/index.ts';

let world: World;
beforeAll(() => {
  const clerk = createClerkStandIn({ autoSend: false });
  world = {
    host: '127.0.0.1:1',
    routes: routesOf(JSON.parse(OPENAPI)),
    canaries: canariesOf(1),
    cookies: { writer: `__Host-rolecall=${'w'.repeat(43)}`, reader: `__Host-rolecall=${'r'.repeat(43)}` },
    issuer: clerk.issuer,
    authorizedParty: clerk.authorizedParty,
    jwtKeyPem: clerk.jwtKeyPem,
    sessions: { ada: 'sess_1', rex: 'sess_2' },
    membershipOfBob: 'orgmem_0123456789abcdef012345678',
    // Not signed: making the requests is what is tried here.
    signToken: (claims) => `eyJhbGciOi.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.AAAA`,
    forgeToken: () => 'eyJhbGciOi.e30.AAAA',
    taken: { id: 'msg_1', body: '{}' },
    feed: { epoch: 'e', revision: 1 },
    now: () => 1_795_293_922_000,
  };
});

it('every route is attacked, and every byte of a signed message changed, by the fewest requests that can be asked for', () => {
  const routes = new Set<string>();
  const positions = new Set<string>();
  for (let number = 0; number < FEWEST; number += 1) {
    const { route, position } = planned(1, number).make(world);
    routes.add(nameOf(route));
    if (position !== undefined) positions.add(position);
  }
  expect(world.routes.map(nameOf).filter((name) => !routes.has(name))).toEqual([]);
  expect(positionsOf(world).filter((one) => !positions.has(one))).toEqual([]);
});

it('the routes that are attacked are those of the server, and of the console', () => {
  const served = ROUTES.map(({ method, path }) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`);
  const names = world.routes.map(nameOf);
  expect(served.filter((name) => !names.includes(name))).toEqual([]);
  for (const name of ['GET /healthz', 'GET /console/', 'POST /console/sign-in'])
    expect(names).toContain(name);
});

it('an attack is the same whenever it is repeated, and differs from its neighbours', () => {
  const bytes = (number: number) => Buffer.from(planned(7, number).make(world).bytes).toString('latin1');
  for (const number of [0, 1, 500, 4_242]) expect(bytes(number)).toBe(bytes(number));
  expect(new Set(Array.from({ length: 200 }, (_, number) => bytes(number))).size).toBeGreaterThan(190);
});

it('half of a secret is found, as text, in hexadecimal and in base64 wherever it begins', () => {
  const { operatorToken, signingSecret } = canariesOf(3);
  const find = finderOf(needlesOf(canariesOf(3)));
  const half = operatorToken.slice(0, 20);
  expect(find(`authorization: Bearer ${half}…`)).toBe('operatorToken');
  expect(find(Buffer.from(operatorToken).toString('hex'))).toBe('operatorToken');
  for (const before of ['', 'x', 'xy', 'xyz'])
    expect(find(Buffer.from(`${before}${operatorToken}}`).toString('base64')), before).toBe('operatorToken');
  expect(find(signingSecret)).toBe('signingSecret');
  expect(find('nothing of the kind')).toBe(null);
});
