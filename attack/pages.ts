import { bearer, type Header, type World } from './attack.ts';
import { once, signIn } from './genuine.ts';
import { HOSTILE_NAMES } from './hostile-names.ts';
import { pathOf } from './routes.ts';

export interface PagesReport {
  readonly pages: number;
  /** How many hostile texts stood in them as text: none would mean that nothing was looked at. */
  readonly seen: number;
  readonly found: readonly string[];
}

/** A hostile name that has become markup, an attribute or an address. As text each of these characters is written otherwise. */
const ALIVE = [
  /<owned/i,
  /<svg\/onload/i,
  /<img src=x/i,
  /"[^"<>]*" onowned=/,
  /'[^'<>]*' onowned=/,
  /(href|src|action|formaction)="\s*javascript:/i,
  /<script(?![^>]*src="[^"]*console\.js")[^>]*>/i,
  /\son(load|error|click|owned)\s*=\s*["']/i,
];

/** Looks at every page and every list of the console and of the operators, where hostile names must have stayed text. */
export async function readPages(
  world: World,
  ids: readonly string[],
  find: (text: string) => string | null,
): Promise<PagesReport> {
  const cookie = await signIn(world, world.canaries.operatorToken);
  const found: string[] = [];
  let [pages, seen] = [0, 0];
  const look = async (path: string, headers: readonly Header[]): Promise<void> => {
    const answer = await once(world.host, { method: 'GET', target: path, headers });
    const { text } = answer;
    pages += 1;
    const told = find(`${text}${[...answer.headers].join()}`);
    if (told !== null) found.push(`${path} holds a part of ${told}`);
    const type = answer.headers.get('content-type') ?? '';
    if (answer.status >= 500) found.push(`${path} answered ${answer.status}`);
    if (answer.headers.get('x-content-type-options') !== 'nosniff')
      found.push(`${path} lets its type be guessed`);
    if (answer.headers.get('set-cookie')?.includes('owned') === true)
      found.push(`${path} sets a cookie of theirs`);
    if (type.startsWith('text/html')) {
      const policy = answer.headers.get('content-security-policy') ?? '';
      if (!policy.includes("script-src 'self'")) found.push(`${path} lets others’ scripts run`);
      const alive = ALIVE.find((pattern) => pattern.test(text));
      if (alive !== undefined) found.push(`${path} holds ${alive.exec(text)?.[0] ?? ''} that runs`);
      if (/&lt;owned|&lt;\/script&gt;|&lt;img src=x/.test(text)) seen += 1;
    } else if (text.includes('owned')) {
      // A browser shows anything else as it is, and none of these as a page.
      if (
        !/^(application\/(json|x-ndjson)|text\/plain|text\/event-stream|text\/javascript|text\/css)/.test(
          type,
        )
      )
        found.push(`${path} says it is ${type}`);
      seen += 1;
    }
  };
  const queries = [
    '',
    '?organization=org_acme',
    '?user=user_bob&organization=org_acme',
    ...HOSTILE_NAMES.map((name, index) => {
      const text = encodeURIComponent(name);
      const kinds = [`?organization=${text}&user=${text}&type=${text}&query=${text}`, `?${text}=1`];
      return kinds[index % 2] ?? '';
    }),
  ];
  for (const route of world.routes) {
    if (route.method !== 'GET' || route.path.endsWith('/changes') || route.path.includes('/v1/me/')) continue;
    const token = route.asks === 'operator' ? world.canaries.operatorToken : world.canaries.readToken;
    const headers: readonly Header[] = [route.asks === 'console' ? ['cookie', cookie] : bearer(token)];
    const targets = route.path.includes('deliveries/{id}') ? ids : ['1'];
    for (const id of targets) await look(pathOf(route, { id: encodeURIComponent(id) }), headers);
    for (const query of queries) await look(`${pathOf(route, { id: targets[0] ?? '1' })}${query}`, headers);
    for (const index of HOSTILE_NAMES.keys())
      if (route.path.includes('{organization}'))
        await look(pathOf(route, { organization: `org_hostile${index}` }), headers);
  }
  return { pages, seen, found };
}
