import {
  type Attack,
  attack,
  bearer,
  type Family,
  JSON_CONTENT,
  pick,
  type Request,
  type World,
} from '../attack.ts';
import { pathOf, type Route } from '../routes.ts';
import { claimsOf } from './session-tokens.ts';

/** What only the other tenant has: whoever reads it has learnt something, and no request names it. */
const OF_THE_RIVAL = /user_rival_hidden|Rival, unheard of|rival-hidden@/;

type Crossing = (world: World, route: Route, chance: () => number) => Request;

const THEIRS = { organization: 'org_rival', user: 'user_rex' };
const SPELLINGS = [
  'org_rival',
  'org%5frival',
  'org_acme%2f..%2forg_rival',
  'org_acme/../org_rival',
  'ORG_RIVAL',
  'org_rival%20',
  'org_rival%00',
  'org_acme%2corg_rival',
  'org_acme;org_rival',
  '*',
  '%25',
  "org_acme'or'1'='1",
];

const question = (organization: string, more: object = {}) => ({
  subject: { type: 'user', id: 'user_rex' },
  action: { name: 'org:sys_memberships:manage' },
  resource: { type: 'organization', id: organization },
  ...more,
});

/** Bodies that name the other tenant, wherever one can be named. */
const QUESTIONS = [
  question('org_rival'),
  question('org_acme', { context: { organization: 'org_rival' } }),
  question('org_rival', { context: { organization: 'org_acme' } }),
  question('org_acme', {
    resource: { type: 'organization', id: 'org_acme', properties: { organization: 'org_rival' } },
  }),
  question('org_rival', {
    resource: { type: 'document', id: 'd1', properties: { organization: 'org_rival' } },
  }),
  question('', { resource: { type: 'document', id: 'd1' }, context: { organization: 'org_rival' } }),
  {
    ...question('org_acme'),
    evaluations: [question('org_rival'), { resource: { type: 'organization', id: 'org_rival' } }],
  },
  { evaluations: [question('org_rival')] },
  { ...question('org_rival'), subject: { type: 'user' } },
  { ...question('org_acme'), resource: { type: 'organization', id: '' }, page: { token: 'W10' } },
];

const QUERIES = [
  '',
  '?limit=500',
  '?role=org:admin',
  '?organization=org_rival',
  '?cursor=WyJvcmdfcml2YWwiLCJ1c2VyXzAiXQ',
  '?cursor=WyJ1c2VyX3JpdmFsIl0',
  '?actor=user_rex&target=user_rex',
  '?user=user_rex',
];

/** An app of one tenant asks about the other one. */
const byApp: Crossing = (world, route, chance) => {
  const organization = pick(chance, SPELLINGS);
  const headers = [bearer(world.canaries.acmeToken), JSON_CONTENT];
  if (route.method === 'GET') {
    return {
      method: 'GET',
      target: `${pathOf(route, { ...THEIRS, organization })}${pick(chance, QUERIES)}`,
      headers,
    };
  }
  const ofTenant = route.path.includes('{organization}');
  return {
    method: 'POST',
    target: pathOf(route, ofTenant && chance() < 0.5 ? { organization } : {}),
    headers,
    body: JSON.stringify(pick(chance, QUESTIONS)),
  };
};

/** A user of one tenant shows a token of theirs to the other one, or of the other one to theirs. */
const byUser: Crossing = (world, route, chance) => {
  const [claims, organization] = pick(chance, [
    [{}, 'org_rival'],
    [{}, pick(chance, SPELLINGS)],
    [{ o: { id: 'org_rival', rol: 'admin' } }, 'org_rival'],
    [{ o: { id: 'org_rival', rol: 'admin' }, sid: world.sessions.rex }, 'org_rival'],
    [{ o: undefined, org_id: 'org_rival', org_role: 'org:admin', v: undefined, sts: undefined }, 'org_rival'],
    [{ sub: 'user_nobody', o: { id: 'org_rival', rol: 'admin' } }, 'org_rival'],
  ] as const);
  return {
    method: 'GET',
    target: pathOf(route, { organization }),
    headers: [bearer(world.signToken(claimsOf(world, claims)))],
  };
};

/** Nothing of the other tenant is told, and to no question about it the answer is yes. */
const tellsNothing: Attack['isHarmless'] = (answer) => {
  if (answer.status >= 400) return true;
  return (
    answer.status === 200 &&
    !OF_THE_RIVAL.test(answer.text) &&
    !/"decision":\s*true/.test(answer.text) &&
    !/"member":\s*true/.test(answer.text)
  );
};

/** One tenant asks about the other one, at every route that reads. */
export const tenants: Family = (world, step, chance): Attack => {
  const routes = world.routes.filter(({ asks }) => asks === 'app' || asks === 'session');
  const route = routes[step % routes.length];
  if (route === undefined) throw new Error('there is no route');
  const request = (route.asks === 'session' ? byUser : byApp)(world, route, chance);
  return attack(world, route, `as a stranger to ${request.target.slice(0, 80)}`, request, tellsNothing);
};
