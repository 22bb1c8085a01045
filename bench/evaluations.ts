import { requestBytes } from './connection.ts';
import { atLeast, count, type Effort, type Figure, ratioOf } from './figure.ts';
import { type Measured, measure } from './load.ts';
import { fillMembers, organizationOf, userOf } from './members.ts';
import { startParts } from './parts.ts';

const MEMBERS = 10_000;
const ORGANIZATIONS = 100;
const ROUNDS = 3;

/** Decisions over HTTP (AuthZEN), one a request, against a Hono route that answers a constant. Rounds alternate. */
export async function evaluations({ quick, seconds }: Effort): Promise<Figure[]> {
  const connections = quick ? 4 : 32;
  const parts = await startParts();
  try {
    await fillMembers(parts.sql, MEMBERS, ORGANIZATIONS);
    const servers = {
      ours: await parts.start('./rolecall-server.ts'),
      constant: await parts.start('./constant-server.ts'),
    };
    const run = (name: 'ours' | 'constant', length: number) => {
      const url = `${servers[name].url}/access/v1/evaluation`;
      const questions = questionsTo(url);
      let asked = 0;
      const next = () => {
        asked += 1;
        return questions[asked % questions.length] ?? null;
      };
      return measure({ url, connections, seconds: length, next });
    };
    const rounds: Record<'ours' | 'constant', Measured[]> = { ours: [], constant: [] };
    for (let round = 0; round <= (quick ? 1 : ROUNDS); round += 1) {
      for (const name of ['constant', 'ours'] as const) {
        const measured = await run(name, round === 0 ? Math.min(1, seconds) : seconds);
        // The first one only warms up.
        if (round > 0) rounds[name].push(measured);
      }
    }
    const best = (of: 'ours' | 'constant') =>
      rounds[of].reduce((a, b) => (a.perSecond > b.perSecond ? a : b));
    const [ours, constant] = [best('ours'), best('constant')];
    const ratio = ratioOf(ours.perSecond, constant.perSecond);
    return [
      {
        what: `evaluations a second over HTTP, ${connections} connections`,
        ours: `${count(ours.perSecond)}/s (p99 ${ours.p99.toFixed(1)} ms)`,
        yardstick: `${count(constant.perSecond)}/s of a constant (p99 ${constant.p99.toFixed(1)} ms)`,
        ratio,
        better: 'higher',
        aim: atLeast(0.5, ratio),
      },
    ];
  } finally {
    await parts.stop();
  }
}

function questionsTo(url: string): Buffer[] {
  return Array.from({ length: MEMBERS }, (_, n) =>
    requestBytes(
      url,
      { authorization: 'Bearer bench-read' },
      JSON.stringify({
        subject: { type: 'user', id: userOf(n) },
        action: { name: 'org:posts:write' },
        resource: { type: 'organization', id: organizationOf(n, ORGANIZATIONS) },
      }),
    ),
  );
}
