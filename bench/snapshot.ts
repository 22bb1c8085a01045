import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type AnyMongoAbility, createMongoAbility } from '@casl/ability';
import { createClient, type Snapshot } from '../src/sdk/index.ts';
import type { Figure } from './figure.ts';
import { middle } from './median.ts';

const MEMBERS = 1_000_000;
const ORGANIZATIONS = 10_000;
const PERMISSIONS = Array.from({ length: 60 }, (_, n) => `feature_${n}:manage`);
const ROLES = new Map(
  [50, 30, 20, 5].map((count, n) => [`org:role_${n}`, PERMISSIONS.slice(n * 3, n * 3 + count)]),
);
const QUESTIONS = 40_000;
const ROUNDS = 41;

type Asked = readonly [user: string, organization: string, permission: string];

/** `can()` of a local copy of a million members, against what one would write without it, holding the same. */
export async function snapshotQuestions(): Promise<Figure[]> {
  const collect = garbageCollector();
  const empty = collect();
  const snapshot = await loaded();
  const copied = collect() - empty;
  const sets = mapOfSets();
  const kept = collect() - empty - copied;
  const byText = setsByText();
  const abilities = mapOfAbilities();

  const contenders = {
    ours: ([user, organization, permission]: Asked) => snapshot.can(user, organization, permission),
    nested: ([user, organization, permission]: Asked) =>
      sets.get(organization)?.get(user)?.has(permission) ?? false,
    flat: ([user, organization, permission]: Asked) =>
      byText.get(`${organization}/${user}`)?.has(permission) ?? false,
    casl: ([user, organization, permission]: Asked) =>
      abilities.get(organization)?.get(user)?.can(permission, 'all') ?? false,
  };
  const rounds = await inTurns(contenders);
  snapshot.close();

  const time = (name: keyof typeof contenders) => middle(rounds.map((round) => round[name]));
  const nanoseconds = (ms: number) => `${((ms * 1e6) / QUESTIONS).toFixed(0)} ns`;
  const against = (name: 'nested' | 'flat' | 'casl', what: string): Figure => ({
    what: `can() among ${MEMBERS.toLocaleString('en')} members`,
    ours: nanoseconds(time('ours')),
    yardstick: `${nanoseconds(time(name))} ${what}`,
    ratio: Number(middle(rounds.map((round) => round.ours / round[name])).toFixed(2)),
  });
  return [
    against('flat', 'a Map of Sets by "organization/user"'),
    against('nested', 'a Map of Maps of Sets'),
    against('casl', 'a Map of Maps of abilities of CASL'),
    {
      what: 'memory for each member',
      ours: `${(copied / MEMBERS).toFixed(0)} bytes`,
      yardstick: `${(kept / MEMBERS).toFixed(0)} bytes in a Map of Maps of Sets, one for each role`,
      ratio: Number((copied / kept).toFixed(2)),
    },
  ];
}

/** Rounds in turns, so that whatever else the machine does meets all of them; new texts each, as requests bring them. */
async function inTurns<Name extends string>(
  contenders: Readonly<Record<Name, (asked: Asked) => boolean>>,
): Promise<Record<Name, number>[]> {
  const names = Object.keys(contenders).filter((name): name is Name => name in contenders);
  const rounds: Record<Name, number>[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const answers = new Set<number>();
    const times: [Name, number][] = [];
    // Whoever comes first finds the caches as the last one left them.
    for (const name of [...names.slice(round % names.length), ...names.slice(0, round % names.length)]) {
      const asked = questions(round);
      const ask = contenders[name];
      const from = performance.now();
      let yes = 0;
      for (const one of asked) if (ask(one)) yes += 1;
      times.push([name, performance.now() - from]);
      answers.add(yes);
    }
    if (answers.size !== 1) throw new Error(`they do not answer the same: ${[...answers].join(', ')}`);
    rounds.push(Object.fromEntries(times) as Record<Name, number>);
    // Signs of life of the feed have their turn.
    await new Promise((resolve) => setImmediate(resolve));
  }
  return rounds.slice(5);
}

function questions(seed: number): Asked[] {
  let state = seed + 1;
  const next = (below: number): number => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return Math.floor((state / 2 ** 32) * below);
  };
  return Array.from({ length: QUESTIONS }, () => {
    const n = next(MEMBERS);
    const permission = PERMISSIONS[next(PERMISSIONS.length)] ?? '';
    return [userOf(n), organizationOf(n), permission] as const;
  });
}

/** A text of its own each time and in one piece, as it comes out of a request, and as long as the provider's. */
function idOf(prefix: string, n: number): string {
  const text: unknown = JSON.parse(`"${prefix}_2${n.toString(36).padStart(26, '0')}"`);
  return String(text);
}

const userOf = (n: number) => idOf('user', n);
const organizationOf = (n: number) => idOf('org', n % ORGANIZATIONS);
const roleOf = (n: number) => `org:role_${n % ROLES.size}`;

function nested<Value>(make: (role: string) => Value): Map<string, Map<string, Value>> {
  const organizations = new Map<string, Map<string, Value>>();
  for (let n = 0; n < MEMBERS; n += 1) {
    const organization = organizationOf(n);
    const members = organizations.get(organization) ?? new Map<string, Value>();
    organizations.set(organization, members);
    members.set(userOf(n), make(roleOf(n)));
  }
  return organizations;
}

function mapOfSets(): Map<string, Map<string, ReadonlySet<string>>> {
  const sets = new Map([...ROLES].map(([role, permissions]) => [role, new Set(permissions)]));
  return nested((role) => sets.get(role) ?? new Set());
}

function setsByText(): Map<string, ReadonlySet<string>> {
  const sets = new Map([...ROLES].map(([role, permissions]) => [role, new Set(permissions)]));
  const members = new Map<string, ReadonlySet<string>>();
  for (let n = 0; n < MEMBERS; n += 1) {
    members.set(`${organizationOf(n)}/${userOf(n)}`, sets.get(roleOf(n)) ?? new Set());
  }
  return members;
}

function mapOfAbilities(): Map<string, Map<string, AnyMongoAbility>> {
  const abilities = new Map(
    [...ROLES].map(([role, permissions]) => [
      role,
      createMongoAbility(permissions.map((action) => ({ action, subject: 'all' }))),
    ]),
  );
  const none: AnyMongoAbility = createMongoAbility();
  return nested((role) => abilities.get(role) ?? none);
}

/** A copy as apps have it, out of a stream of lines. */
async function loaded(): Promise<Snapshot> {
  const client = createClient({
    url: 'http://rolecall.bench',
    token: 'bench',
    fetch: (request) => {
      const { pathname, searchParams } = new URL(request.url);
      if (pathname === '/v1/snapshot') return new Response(stream(lines()));
      if (searchParams.has('wait')) return Response.json({ epoch: 'bench', changes: [], next: 1 });
      return new Response(new ReadableStream(), { headers: { 'content-type': 'text/event-stream' } });
    },
  });
  const snapshot = client.snapshot({ maxLagMs: 2 ** 30 });
  await snapshot.ready;
  return snapshot;
}

function* lines(): Generator<object, undefined> {
  yield {
    kind: 'snapshot',
    epoch: 'bench',
    revision: 1,
    policy: null,
    scopes: {},
    at: new Date().toISOString(),
  };
  for (const [role, permissions] of ROLES) {
    const grants = permissions.map((permission) => ({ permission }));
    yield { kind: 'role', role, scope: 'organization', grants, featured: {}, cutoff: null };
  }
  for (let n = 0; n < MEMBERS; n += 1) {
    yield { kind: 'member', organization: organizationOf(n), user: userOf(n), role: roleOf(n), cutoff: null };
  }
  yield { kind: 'end', revision: 1, members: MEMBERS };
}

function stream(objects: Generator<object, undefined>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream({
    pull(controller) {
      let text = '';
      for (let line = 0; line < 500; line += 1) {
        const { done, value } = objects.next();
        if (done === true) {
          controller.enqueue(encoder.encode(text));
          controller.close();
          return;
        }
        text += `${JSON.stringify(value)}\n`;
      }
      controller.enqueue(encoder.encode(text));
    },
  });
}

/** Bytes in use after everything that is not was thrown away. */
function garbageCollector(): () => number {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  if (!isCollector(collect)) throw new Error('this Node does not let anybody collect its garbage');
  return () => {
    for (let time = 0; time < 3; time += 1) collect();
    return process.memoryUsage().heapUsed;
  };
}

function isCollector(value: unknown): value is () => void {
  return typeof value === 'function';
}
