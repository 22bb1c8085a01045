import { requestBytes } from './connection.ts';
import { cpuOf, postmasterOf } from './cpu.ts';
import { atLeast, atMost, count, type Effort, type Figure, ratioOf } from './figure.ts';
import { type Measured, measure } from './load.ts';
import { type Parts, startParts } from './parts.ts';
import type { Started } from './servers.ts';
import { joining } from './signed-events.ts';

const CONNECTIONS = [1, 32, 128];
const ROUNDS = 2;

/** Who is measured, and how fast it was last, so that enough is signed before the next round and not much more. */
interface Contender {
  readonly server: Started;
  perSecond: number;
}

interface Round extends Measured {
  /** Milliseconds for each request. */
  readonly serverCpu: number;
  readonly databaseCpu: number;
}

/**
 * One webhook a request on Node: Rolecall with all its guarantees against a naive handler on the same stack (Hono,
 * svix, one upsert through drizzle; no inbox, no ordering). Rounds alternate, the better of each counts.
 */
export async function ingest({ quick, seconds }: Effort): Promise<Figure[]> {
  const parts = await startParts();
  try {
    await parts.sql`create table naive_members (
      organization_id text, user_id text, role text, permissions text[], primary key (organization_id, user_id))`;
    const ours = await parts.start('./rolecall-server.ts');
    const naive = await parts.start('./naive-server.ts');
    const postmaster = await postmasterOf(parts.sql);
    const figures: Figure[] = [];
    for (const connections of quick ? [2] : CONNECTIONS) {
      const run = (contender: Contender, length: number) =>
        round(parts, postmaster, contender, connections, length);
      const contenders = {
        naive: { server: naive, perSecond: 2_000 },
        ours: { server: ours, perSecond: 2_000 },
      };
      for (const contender of Object.values(contenders)) await run(contender, Math.min(1, seconds));
      const rounds: { naive: Round; ours: Round }[] = [];
      for (let n = 0; n < (quick ? 1 : ROUNDS); n += 1) {
        rounds.push({
          naive: await run(contenders.naive, seconds),
          ours: await run(contenders.ours, seconds),
        });
      }
      const best = (of: 'ours' | 'naive') =>
        rounds.map((each) => each[of]).reduce((a, b) => (a.perSecond > b.perSecond ? a : b));
      figures.push(...compared(connections, best('ours'), best('naive')));
    }
    return figures;
  } finally {
    await parts.stop();
  }
}

async function round(
  { clerk }: Parts,
  postmaster: number,
  contender: Contender,
  connections: number,
  seconds: number,
): Promise<Round> {
  const url = `${contender.server.url}/webhooks/clerk`;
  const requests = Array.from({ length: Math.ceil(contender.perSecond * 1.5 * seconds) }, () => {
    const { headers, body } = joining(clerk.signingSecret);
    return requestBytes(url, headers, body);
  });
  const spent = async () => ({
    server: await cpuOf(contender.server.pid),
    database: await cpuOf(postmaster),
  });
  const before = await spent();
  const measured = await measure({ url, connections, seconds, next: () => requests.pop() ?? null });
  const after = await spent();
  contender.perSecond = measured.perSecond;
  return {
    ...measured,
    serverCpu: (after.server - before.server) / measured.requests,
    databaseCpu: (after.database - before.database) / measured.requests,
  };
}

function compared(connections: number, ours: Round, naive: Round): Figure[] {
  const at = `${connections} ${connections === 1 ? 'connection' : 'connections'}`;
  const throughput = ratioOf(ours.perSecond, naive.perSecond);
  const p99 = ratioOf(ours.p99, naive.p99);
  const cpu = ({ serverCpu, databaseCpu }: Round) =>
    `${serverCpu.toFixed(2)} ms + Postgres ${databaseCpu.toFixed(2)} ms`;
  return [
    {
      what: `webhooks a second, ${at}`,
      ours: `${count(ours.perSecond)}/s`,
      yardstick: `${count(naive.perSecond)}/s by a naive handler`,
      ratio: throughput,
      better: 'higher',
      aim: atLeast(connections === 1 ? 1 : 2, throughput),
    },
    {
      what: `webhook sent → answered, p99, ${at}`,
      ours: `${ours.p99.toFixed(1)} ms (p50 ${ours.p50.toFixed(1)} ms)`,
      yardstick: `${naive.p99.toFixed(1)} ms (p50 ${naive.p50.toFixed(1)} ms) of a naive handler`,
      ratio: p99,
      better: 'lower',
      aim: atMost(1, p99),
    },
    {
      what: `CPU for each webhook, ${at}`,
      ours: cpu(ours),
      yardstick: `${cpu(naive)} of a naive handler`,
      ratio: ratioOf(ours.serverCpu + ours.databaseCpu, naive.serverCpu + naive.databaseCpu),
      better: 'lower',
      aim: null,
    },
  ];
}
