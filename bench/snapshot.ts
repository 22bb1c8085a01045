import { type AnyMongoAbility, createMongoAbility } from '@casl/ability';
import { createClient, type Snapshot } from '../src/sdk/index.ts';
import { atMost, count, type Effort, type Figure, ratioOf } from './figure.ts';
import { heapUsed } from './memory.ts';
import { middle } from './quantiles.ts';

const ORGANIZATIONS = 10_000;
const PERMISSIONS = Array.from({ length: 60 }, (_, n) => `feature_${n}:manage`);
const ROLES = new Map(
  [50, 30, 20, 5].map((many, n) => [`org:role_${n}`, PERMISSIONS.slice(n * 3, n * 3 + many)]),
);
const QUESTIONS = 40_000;

type Asked = readonly [user: string, organization: string, permission: string];

/** `can()` of a local copy of a million members, against what one would write without it, holding the same. */
export async function snapshotQuestions({ quick }: Effort): Promise<Figure[]> {
  const members = quick ? 10_000 : 1_000_000;
  const empty = heapUsed();
  const snapshot = await loaded(members);
  const copied = heapUsed() - empty;
  const sets = mapOfSets(members);
  const kept = heapUsed() - empty - copied;
  const byText = setsByText(members);
  const abilities = mapOfAbilities(members);

  const contenders = {
    ours: ([user, organization, permission]: Asked) => snapshot.can(user, organization, permission),
    nested: ([user, organization, permission]: Asked) =>
      sets.get(organization)?.get(user)?.has(permission) ?? false,
    flat: ([user, organization, permission]: Asked) =>
      byText.get(`${organization}/${user}`)?.has(permission) ?? false,
    casl: ([user, organization, permission]: Asked) =>
      abilities.get(organization)?.get(user)?.can(permission, 'all') ?? false,
  };
  const rounds = await inTurns(contenders, members, quick ? 7 : 41);
  snapshot.close();

  const time = (name: keyof typeof contenders) => middle(rounds.map((round) => round[name]));
  const nanoseconds = (ms: number) => `${((ms * 1e6) / QUESTIONS).toFixed(0)} ns`;
  const against = (name: 'nested' | 'flat' | 'casl', what: string): Figure => {
    const ratio = ratioOf(middle(rounds.map((round) => round.ours / round[name])), 1);
    return {
      what: `can() among ${count(members)} members`,
      ours: nanoseconds(time('ours')),
      yardstick: `${nanoseconds(time(name))} ${what}`,
      ratio,
      better: 'lower',
      aim: atMost(1.3, ratio),
    };
  };
  return [
    against('flat', 'a Map of Sets by "organization/user"'),
    against('nested', 'a Map of Maps of Sets'),
    against('casl', 'a Map of Maps of abilities of CASL'),
    {
      what: 'memory for each member',
      ours: `${(copied / members).toFixed(0)} bytes`,
      yardstick: `${(kept / members).toFixed(0)} bytes in a Map of Maps of Sets, one for each role`,
      ratio: ratioOf(copied, kept),
      better: 'lower',
      aim: null,
    },
  ];
}

/** Rounds in turns, so that whatever else the machine does meets all of them; new texts each, as requests bring them. */
async function inTurns<Name extends string>(
  contenders: Readonly<Record<Name, (asked: Asked) => boolean>>,
  members: number,
  many: number,
): Promise<Record<Name, number>[]> {
  const names = Object.keys(contenders).filter((name): name is Name => name in contenders);
  const rounds: Record<Name, number>[] = [];
  for (let round = 0; round < many; round += 1) {
    const answers = new Set<number>();
    const times: [Name, number][] = [];
    // Whoever comes first finds the caches as the last one left them.
    for (const name of [...names.slice(round % names.length), ...names.slice(0, round % names.length)]) {
      const asked = questions(round, members);
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

function questions(seed: number, members: number): Asked[] {
  let state = seed + 1;
  const next = (below: number): number => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return Math.floor((state / 2 ** 32) * below);
  };
  return Array.from({ length: QUESTIONS }, () => {
    const n = next(members);
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

function nested<Value>(many: number, make: (role: string) => Value): Map<string, Map<string, Value>> {
  const organizations = new Map<string, Map<string, Value>>();
  for (let n = 0; n < many; n += 1) {
    const organization = organizationOf(n);
    const members = organizations.get(organization) ?? new Map<string, Value>();
    organizations.set(organization, members);
    members.set(userOf(n), make(roleOf(n)));
  }
  return organizations;
}

function mapOfSets(many: number): Map<string, Map<string, ReadonlySet<string>>> {
  const sets = new Map([...ROLES].map(([role, permissions]) => [role, new Set(permissions)]));
  return nested(many, (role) => sets.get(role) ?? new Set());
}

function setsByText(many: number): Map<string, ReadonlySet<string>> {
  const sets = new Map([...ROLES].map(([role, permissions]) => [role, new Set(permissions)]));
  const members = new Map<string, ReadonlySet<string>>();
  for (let n = 0; n < many; n += 1) {
    members.set(`${organizationOf(n)}/${userOf(n)}`, sets.get(roleOf(n)) ?? new Set());
  }
  return members;
}

function mapOfAbilities(many: number): Map<string, Map<string, AnyMongoAbility>> {
  const abilities = new Map(
    [...ROLES].map(([role, permissions]) => [
      role,
      createMongoAbility(permissions.map((action) => ({ action, subject: 'all' }))),
    ]),
  );
  const none: AnyMongoAbility = createMongoAbility();
  return nested(many, (role) => abilities.get(role) ?? none);
}

/** A copy as apps have it, out of a stream of lines. */
async function loaded(members: number): Promise<Snapshot> {
  const client = createClient({
    url: 'http://rolecall.bench',
    token: 'bench',
    fetch: (request) => {
      const { pathname, searchParams } = new URL(request.url);
      if (pathname === '/v1/snapshot') return new Response(stream(lines(members)));
      if (searchParams.has('wait')) return Response.json({ epoch: 'bench', changes: [], next: 1 });
      return new Response(new ReadableStream(), { headers: { 'content-type': 'text/event-stream' } });
    },
  });
  const snapshot = client.snapshot({ maxLagMs: 2 ** 30 });
  await snapshot.ready;
  return snapshot;
}

function* lines(members: number): Generator<object, undefined> {
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
  for (let n = 0; n < members; n += 1) {
    yield { kind: 'member', organization: organizationOf(n), user: userOf(n), role: roleOf(n), cutoff: null };
  }
  yield { kind: 'end', revision: 1, members };
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
