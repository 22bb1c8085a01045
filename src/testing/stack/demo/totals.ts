import { isTaken } from './deliveries.ts';
import type { Scene } from './scene.ts';

const fixed = (milliseconds: number): string => `${Math.round(milliseconds)} ms`;

/** What the whole story adds up to; every number is counted, none is known beforehand. */
export const totals = async ({
  clerk,
  operator,
  refusals,
}: Scene): Promise<readonly (readonly [string, string])[]> => {
  const { deliveries } = clerk;
  const taken = deliveries.filter(isTaken);
  const ids = [...new Set(taken.map(({ messageId }) => messageId))];
  const kept =
    ids.length === 0 ? [] : await operator`select from rolecall.inbox where id in ${operator(ids)}`;
  const all = new Set(deliveries.map(({ messageId }) => messageId));
  const times = taken.map(({ durationMs }) => durationMs).sort((a, b) => a - b);
  const [slowest] = [...refusals].sort((a, b) => b.milliseconds - a.milliseconds);
  const byApi = clerk.revocations.filter(({ by }) => by === 'api').length;
  return [
    ['messages', `${all.size} different ones, sent ${deliveries.length} times`],
    ['acknowledged', `${taken.length} times; half of them within ${fixed(times[times.length >> 1] ?? 0)}`],
    ['refused', `${deliveries.length - taken.length} times`],
    ['lost', `${ids.length - kept.length} of the ${ids.length} acknowledged ones`],
    [
      'refused after',
      slowest === undefined
        ? 'nobody lost access'
        : `at most ${fixed(slowest.milliseconds)} from the receipt of a loss (${slowest.what}), ` +
          `${refusals.length} measured; Clerk's tokens live 60 s`,
    ],
    ['sessions', `${byApi} revoked at Clerk by Rolecall`],
  ];
};
