import { isTaken } from './deliveries.ts';
import type { Scene } from './scene.ts';

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
  const [slowest] = [...refusals].sort((a, b) => b.milliseconds - a.milliseconds);
  const byApi = clerk.revocations.filter(({ by }) => by === 'api').length;
  return [
    ['messages', `${all.size} different ones, sent ${deliveries.length} times`],
    ['acknowledged', `${taken.length} times`],
    ['not taken', `${deliveries.length - taken.length} times, each for a reason shown above`],
    ['lost', `${ids.length - kept.length} of the ${ids.length} acknowledged ones`],
    [
      'refused after',
      slowest === undefined
        ? 'nobody lost access'
        : `at most ${Math.round(slowest.milliseconds)} ms from receipt (${slowest.what}), ` +
          `${refusals.length} losses measured; Clerk's tokens live 60 s`,
    ],
    ['sessions', `${byApi} revoked at Clerk by Rolecall`],
  ];
};
