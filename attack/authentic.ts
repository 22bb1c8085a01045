import type { Sql } from 'postgres';
import * as v from 'valibot';
import type { World } from './attack.ts';
import { TEXTS } from './families/bodies.ts';
import { promotion } from './families/signatures.ts';
import { deliver } from './genuine.ts';

export interface AuthenticReport {
  readonly count: number;
  readonly found: readonly string[];
}

/** What a field that is read of a message may turn out to be. None is an id, a role or a time that there could be. */
const VALUES = [
  'null',
  'true',
  '[]',
  '{}',
  '""',
  '" "',
  '"\\u0000"',
  '"\\ud800"',
  '"../../x"',
  '"x\' or 1=1 --"',
  '"__proto__"',
  `"${'x'.repeat(1_000)}"`,
  '-1',
  '1e999',
  '"0,5"',
  '{"__proto__":{"role":"org:admin"}}',
];
const FIELDS = [
  'type',
  'data',
  'timestamp',
  'data.id',
  'data.role',
  'data.organization',
  'data.public_user_data',
  'data.updated_at',
];

/** A message that would promote Bob, with one of its fields replaced: none of them may. */
function broken(world: World, field: string, value: string): string {
  const [first = '', second] = field.split('.');
  const hole = 'hole-in-the-message';
  const message = v.parse(v.record(v.string(), v.unknown()), JSON.parse(promotion(world, Date.now())));
  const data = v.parse(v.record(v.string(), v.unknown()), message['data']);
  const holed =
    second === undefined ? { ...message, [first]: hole } : { ...message, data: { ...data, [second]: hole } };
  return JSON.stringify(holed).replace(`"${hole}"`, value);
}

const Delivered = v.object({ outcome: v.string() });

/** What anybody may, and since when tokens are refused. */
async function accessOf(sql: Sql): Promise<string> {
  const rows = await sql`
    select (select md5(string_agg(g::text, '' order by g::text)) from rolecall.grants g) as grants,
           (select md5(string_agg(p.cutoff::text, '' order by p.user_id)) from rolecall.pairs p) as members,
           (select md5(string_agg(u.cutoff::text, '' order by u.id)) from rolecall.users u) as users`;
  return JSON.stringify(rows[0]);
}

/** Bodies with a right signature that nobody can read: kept for operators, and they give nobody anything. */
export async function sendAuthentic(
  world: World,
  sql: Sql,
  settled: () => Promise<void>,
): Promise<AuthenticReport> {
  const before = await accessOf(sql);
  const found: string[] = [];
  let count = 0;
  const send = async (what: string, body: string | Uint8Array): Promise<void> => {
    count += 1;
    const { status, text } = await deliver(world, `msg_authentic_${count}`, body);
    if (status === 401 || status === 413) return;
    const { outcome } = v.parse(v.fallback(Delivered, { outcome: 'none' }), JSON.parse(text));
    if (status !== 200 || !['failed', 'ignored'].includes(outcome))
      found.push(`${what}, authentic: ${status} ${outcome}`);
  };
  for (const [name, text] of Object.entries(TEXTS)) await send(name, text());
  for (const field of FIELDS) {
    for (const value of VALUES) await send(`${field} is ${value.slice(0, 40)}`, broken(world, field, value));
  }
  await settled();
  if ((await accessOf(sql)) !== before)
    found.push('an authentic message that cannot be read has changed access');
  return { count, found };
}
