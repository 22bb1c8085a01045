import {
  type Attack,
  attack,
  type Family,
  FORM_CONTENT,
  type Header,
  pick,
  type Request,
  refusedWith,
  type World,
} from '../attack.ts';
import { pathOf, type Route } from '../routes.ts';
import { isOpenOrRefused } from './paths.ts';

type Write = (world: World, chance: () => number) => readonly Header[];

const custom: Header = ['rolecall-console', '1'];
const own = (world: World): Header => ['origin', `http://${world.host}`];
const cookie = (world: World): Header => ['cookie', world.cookies.writer];
const signedIn: Write = (world) => [cookie(world), own(world), custom, FORM_CONTENT];
const from =
  (origin: (world: World) => string | null): Write =>
  (world) => {
    const claimed = origin(world);
    const named: Header[] = claimed === null ? [] : [['origin', claimed]];
    return [cookie(world), custom, FORM_CONTENT, ...named];
  };
const portOf = (world: World) => world.host.split(':')[1] ?? '';

/** What another site’s page can make the browser of somebody who is signed in send. */
const FOREIGN: Readonly<Record<string, Write>> = {
  'from nowhere': from(() => null),
  'from null': from(() => 'null'),
  'from an empty origin': from(() => ''),
  'from elsewhere': from(() => 'https://elsewhere.example'),
  'from another port': from(() => 'http://127.0.0.1:1'),
  'from a host that begins like ours': from((world) => `http://${world.host}.elsewhere.example`),
  'from a host that ends like ours': from((world) => `http://elsewhere.example.${world.host}`),
  'from ours as a user': from((world) => `http://${world.host}@elsewhere.example`),
  'from our name': from((world) => `http://localhost:${portOf(world)}`),
  'from our address in another form': from((world) => `http://2130706433:${portOf(world)}`),
  'from another scheme': from((world) => `ftp://${world.host}`),
  'from ours and elsewhere': from((world) => `http://${world.host} https://elsewhere.example`),
  'from ours and elsewhere, joined': from((world) => `http://${world.host},https://elsewhere.example`),
  'from two origins': (world, chance) => [
    ...signedIn(world, chance),
    ['origin', 'https://elsewhere.example'],
  ],
  'from elsewhere, with our address as the referrer': (world) => [
    cookie(world),
    custom,
    FORM_CONTENT,
    ['origin', 'https://elsewhere.example'],
    ['referer', `http://${world.host}/console`],
  ],
  'from elsewhere, behind a proxy of that name': (world) => [
    cookie(world),
    custom,
    FORM_CONTENT,
    ['origin', 'https://elsewhere.example'],
    ['x-forwarded-host', 'elsewhere.example'],
  ],
  'without the header of ours': (world) => [cookie(world), own(world), FORM_CONTENT],
  'with another value of it': (world) => [
    cookie(world),
    own(world),
    ['rolecall-console', 'true'],
    FORM_CONTENT,
  ],
  'with it twice': (world, chance) => [...signedIn(world, chance), custom],
  'as plain text': (world) => [cookie(world), own(world), ['content-type', 'text/plain']],
  'as parts': (world) => [cookie(world), own(world), ['content-type', 'multipart/form-data; boundary=x']],
  'as JSON': (world) => [cookie(world), own(world), custom, ['content-type', 'application/json']],
};

/** The right id of a session under another name, or another id under the right name. */
const stolen: Write = (world, chance) => {
  const [name = '', id = ''] = world.cookies.writer.split('=');
  const written = pick(chance, [
    `rolecall=${id}`,
    `__Secure-rolecall=${id}`,
    `__host-rolecall=${id}`,
    `__Host-Rolecall=${id}`,
    ` __Host-rolecall${id}`,
    `__Host-rolecall[]=${id}`,
    `$Version=1; rolecall=${id}`,
    `${name}=${id.slice(0, -1)}`,
    `${name}=${id}=`,
    `${name}=${id.toLowerCase()}x`,
    `${name}=${'A'.repeat(43)}`,
    `${name}=`,
    `${name}=deleted`,
    `${name}=${encodeURIComponent(`' or 1=1 --`)}`,
    `${name}=${'A'.repeat(7_000)}`,
    `session=${id}`,
  ]);
  return [['cookie', written], own(world), custom, FORM_CONTENT];
};

const FORMS = ['reason=an+attack', 'id=1&what=ids&reason=an+attack', 'reason=&status=failed&what=filter', ''];

/** Writing that is not from the console's own pages, or by nobody. */
function write(world: World, route: Route, chance: () => number): Attack {
  const target = pathOf(route, { id: '999999' });
  const body = pick(chance, FORMS);
  const kind = chance();
  if (kind < 0.6) {
    const [name, headers] = pick(chance, Object.entries(FOREIGN));
    const request = { method: 'POST', target, headers: headers(world, chance), body };
    return attack(world, route, name, request, refusedWith('403 not_from_here', '400 invalid_request'));
  }
  const isWayIn = /\/sign-(in|out)$/.test(target);
  if (kind < 0.8 || isWayIn) {
    const request = {
      method: pick(chance, ['GET', 'HEAD', 'PUT', 'OPTIONS']),
      target,
      headers: signedIn(world, chance),
    };
    return attack(world, route, 'by another method', request, isNothingHere);
  }
  const looking = kind < 0.9;
  const headers: readonly Header[] = looking
    ? [['cookie', world.cookies.reader], own(world), custom, FORM_CONTENT]
    : stolen(world, chance);
  const request: Request = { method: 'POST', target, headers, body };
  const name = looking ? 'by an operator who may only look' : 'with a cookie that is none';
  return attack(world, route, name, request, refusedWith(looking ? '403 read_only' : '401 signed_out'));
}

/** A page at the same address is not what was asked for; what matters is that nothing was done. */
const isNothingHere: Attack['isHarmless'] = ({ status }) => [200, 404, 405].includes(status);

/** Writing from other sites, by other methods, with cookies of other names; pages for whoever is not signed in. */
export const consoleFamily: Family = (world, step, chance): Attack => {
  const routes = world.routes.filter(({ asks }) => asks === 'console');
  const route = routes[step % routes.length];
  if (route === undefined) throw new Error('there is no route');
  if (route.method === 'POST') return write(world, route, chance);
  const request = { method: 'GET', target: pathOf(route), headers: stolen(world, chance) };
  return attack(world, route, 'a page with a cookie that is none', request, isOpenOrRefused);
};
