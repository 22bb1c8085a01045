import { setTimeout as delay } from 'node:timers/promises';
import { sendAuthentic } from './authentic.ts';
import { canariesOf, finderOf, needlesOf } from './canaries.ts';
import { openEar } from './ear.ts';
import { positionsOf } from './families/signatures.ts';
import { flood } from './flood.ts';
import { signIn } from './genuine.ts';
import { BREACHES, type Breach } from './judge.ts';
import { growthOf, MOST_HEAP, MOST_RSS, mebibytes } from './memory.ts';
import type { Options } from './options.ts';
import { readPages } from './pages.ts';
import { FAMILY_NAMES, planned } from './plan.ts';
import { startPulse } from './pulse.ts';
import { type Line, printReport } from './report.ts';
import { nameOf } from './routes.ts';
import { type Arena, type Finding, openLane } from './runner.ts';
import { playScene } from './scene.ts';
import { findStored } from './secrets.ts';
import { attackSql } from './sql.ts';
import { startStage } from './stage.ts';
import { attackInWindows, untilQuiet } from './windows.ts';

/** Long, for a machine that is busy with the attack itself: a server that hangs is far past it. */
const MOST_WAIT_MS = 5_000;
/** As long as Svix waits for an answer: whatever takes longer is sent again. Thousands at once are work before they wait. */
const MOST_WAIT_IN_FLOOD_MS = 15_000;

/** Attacks a Rolecall of its own; whether every promise was kept. */
export async function playAttack(options: Options, stopping: AbortSignal): Promise<boolean> {
  const { seed, requests } = options;
  const say = (line: string) => {
    if (!options.json) console.log(line);
  };
  say(options.only === null ? `seed ${seed}, ${requests} requests` : `seed ${seed}`);
  const canaries = canariesOf(seed);
  const ear = openEar();
  ear.listenFor(finderOf(needlesOf(canaries)));
  const stage = await startStage(seed, canaries, ear.hear).catch((error: unknown) => {
    console.error(ear.last().join('\n'));
    throw error;
  });
  try {
    const world = await playScene(stage, canaries);
    const worker = {
      ...world,
      host: stage.workerHost,
      cookies: {
        writer: await signIn({ host: stage.workerHost }, canaries.operatorToken),
        reader: await signIn({ host: stage.workerHost }, canaries.lookerToken),
      },
    };
    await untilQuiet(stage);
    const idOf = (cookie: string) => cookie.split('=')[1] ?? '';
    const needles = needlesOf(canaries, {
      consoleSession: idOf(world.cookies.writer),
      consoleSessionOfTheReader: idOf(world.cookies.reader),
      consoleSessionOfTheWorker: idOf(worker.cookies.writer),
    });
    const find = finderOf(needles);
    ear.listenFor(find);

    const perFamily = new Map(FAMILY_NAMES.map((name) => [name, 0]));
    const routes = new Set<string>();
    const positions = new Set<string>();
    let toWorker = 0;
    const arena: Arena = {
      worlds: { node: world, worker },
      find,
      sent(plan, attack) {
        perFamily.set(plan.family, (perFamily.get(plan.family) ?? 0) + 1);
        routes.add(nameOf(attack.route));
        if (attack.position !== undefined) positions.add(attack.position);
        if (plan.server === 'worker') toWorker += 1;
      },
    };
    const again = (number: number) => `npm run attack -- --seed ${seed} --only ${number}`;

    if (options.only !== null) return await repeat(options.only);

    const attacked = await attackInWindows(stage, arena, {
      seed,
      requests,
      size: requests > 20_000 ? 2_000 : 500,
      stopping,
    });
    say(`${requests} requests sent, ${toWorker} of them to workerd`);

    // What only a server that lives can be asked.
    const lines: Line[] = [];
    const told = (breach: Breach): string[] =>
      attacked.findings
        .filter((finding) => finding.breach === breach)
        .map((finding) => `${describe(finding)}\n    ${again(finding.number)}`);
    const broken = new Map(BREACHES.map((breach) => [breach, told(breach)]));
    const of = (breach: Breach) => broken.get(breach) ?? [];
    for (const [family, count] of perFamily) {
      const accepted = attacked.findings.filter((one) => one.family === family && one.breach === 'accepted');
      lines.push({
        promise: `none is accepted: ${family}`,
        count: `${accepted.length} of ${count}`,
        broken: accepted.map((finding) => `${describe(finding)}\n    ${again(finding.number)}`),
      });
    }
    lines.push(
      { promise: 'no attack changes a row', count: `${attacked.changes.length}`, broken: attacked.changes },
      { promise: 'no answer is a 5xx', count: `${of('error').length} of ${requests}`, broken: of('error') },
      {
        promise: 'every refusal is documented',
        count: `${of('undocumented').length} others`,
        broken: of('undocumented'),
      },
      {
        promise: 'every request is answered',
        count: `${of('unanswered').length} were not`,
        broken: of('unanswered'),
      },
    );

    if (attacked.died === null) lines.push(...(await rest()));
    const missing = world.routes.map(nameOf).filter((name) => !routes.has(name));
    const places = positionsOf(world);
    const untouched = places.filter((place) => !positions.has(place));
    const growth = attacked.measured.length > 0 ? growthOf(attacked.measured) : null;
    lines.push(
      {
        promise: 'every route is attacked',
        count: `${world.routes.length - missing.length} of ${world.routes.length}`,
        broken: missing,
      },
      {
        promise: 'every byte of a signed message is changed',
        count: `${places.length - untouched.length} of ${places.length}`,
        broken: untouched,
      },
      {
        promise: 'the server lives',
        count: attacked.died ?? 'it does',
        broken: attacked.died === null ? [] : [attacked.died, ...ear.last().slice(-10)],
      },
      {
        promise: `genuine requests are answered within ${MOST_WAIT_MS / 1_000} s meanwhile`,
        count: `${attacked.pulse.count}, the longest ${Math.round(attacked.pulse.longestMs)} ms`,
        broken: [
          ...attacked.pulse.failures,
          ...(attacked.pulse.longestMs > MOST_WAIT_MS ? ['one waited longer'] : []),
        ],
      },
      {
        promise: `the heap grows by no more than ${mebibytes(MOST_HEAP)}`,
        count: mebibytes(growth?.heap ?? 0),
        broken: growth !== null && growth.heap <= MOST_HEAP ? [] : ['it grew', heapsOf(attacked.measured)],
      },
      {
        promise: `resident memory grows by no more than ${mebibytes(MOST_RSS)}`,
        count: mebibytes(growth?.rss ?? 0),
        broken: growth !== null && growth.rss <= MOST_RSS ? [] : ['it grew'],
      },
      {
        promise: 'no answer holds a secret',
        count: `${needles.length} looked for`,
        broken: of('told'),
      },
      {
        promise: 'no line of a log holds a secret, or an error that nobody foresaw',
        count: `${ear.lines()} lines`,
        broken: ear.found(),
      },
    );
    const kept = lines.every((line) => line.broken.length === 0);
    if (options.json) console.log(JSON.stringify({ seed, requests, kept, promises: lines }, null, 2));
    else printReport(lines, console.log);
    if (!kept) say(`\nOnce more: npm run attack -- --seed ${seed} --requests ${requests}`);
    return kept;

    /** What is tried apart from the single requests. */
    async function rest(): Promise<Line[]> {
      say('authentic messages that cannot be read');
      const authentic = await sendAuthentic(world, stage.sql, () => untilQuiet(stage));
      say('statements in SQL');
      const statements = await attackSql(stage);
      say('pages with hostile names');
      const ids = await stage.sql<{ id: string }[]>`
        select id from rolecall.inbox where id like 'msg_hostile%' or id like 'msg_private%' order by id`;
      const pages = await readPages(
        world,
        ids.map(({ id }) => id),
        find,
      );
      say('connections that are held');
      const connections = requests > 20_000 ? 2_000 : 320;
      const pulse = startPulse(world);
      await flood(world, connections);
      const felt = await pulse.stop();
      const open = await socketsLeft();
      const stored = await findStored(stage.sql, needles);
      return [
        {
          promise: 'an authentic message that cannot be read gives nobody anything',
          count: `${authentic.count} messages`,
          broken: authentic.found,
        },
        {
          promise: 'no login does more in SQL than it may',
          count: `${statements.count} statements`,
          broken: statements.found,
        },
        {
          promise: 'a hostile name stays text, and no page holds a secret',
          count: `${pages.pages} pages, in ${pages.seen} as text`,
          broken: pages.seen > 0 ? pages.found : ['none was seen in any page'],
        },
        {
          promise: `others are served within ${MOST_WAIT_IN_FLOOD_MS / 1_000} s while connections are held`,
          count: `${connections} held, the longest ${Math.round(felt.longestMs)} ms`,
          broken: [
            ...felt.failures,
            ...(felt.longestMs > MOST_WAIT_IN_FLOOD_MS ? ['one waited longer'] : []),
          ],
        },
        {
          promise: 'every connection is let go of',
          count: `${open} left`,
          broken: open === 0 ? [] : ['the server holds them though nobody is there'],
        },
        {
          promise: 'no table holds a secret that it may not',
          count: `${stored.columns} columns, ${stored.kept} raw bodies`,
          broken: stored.kept > 0 ? stored.found : ['the raw bodies that may were not found'],
        },
      ];
    }

    /** Sockets of the server once everybody has gone, the pulse's kept ones among them. */
    async function socketsLeft(): Promise<number> {
      let open = Number.NaN;
      for (let patience = 0; patience < 100; patience += 1) {
        ({ open } = await stage.node.measure());
        if (open === 0) return 0;
        await delay(100);
      }
      return open;
    }

    async function repeat(number: number): Promise<boolean> {
      const plan = planned(seed, number);
      const { bytes, route, what } = plan.make(arena.worlds[plan.server]);
      say(`#${number}: ${plan.family} on ${plan.server}, at ${nameOf(route)}: ${what}\n`);
      say(JSON.stringify(Buffer.from(bytes).toString('latin1').slice(0, 4_000)).replaceAll('\\r\\n', '\n'));
      const lane = openLane(arena);
      const finding = await lane.run(plan);
      lane.close();
      if (finding === null) say('\nIt was refused.');
      else printReport([{ promise: finding.breach, count: '1', broken: [describe(finding)] }], say);
      return finding === null;
    }
  } finally {
    await stage.stop();
  }
}

function describe({ number, family, server, route, what, seen }: Finding): string {
  return `#${number} ${family} on ${server}, at ${route}: ${what} → ${seen}`;
}

function heapsOf(measured: readonly { readonly heap: number }[]): string {
  return measured.map(({ heap }) => mebibytes(heap)).join(', ');
}
