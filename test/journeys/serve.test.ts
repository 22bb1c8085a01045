import postgres from 'postgres';
import { expect, test } from 'vitest';
import { startServed } from './support/serve.ts';
import { smoke } from './support/smoke.ts';

smoke('rolecall serve keeps the same promises', (clock) => startServed({ now: clock.now }), {
  spills: false,
});

test.each(['SIGTERM', 'SIGINT'] as const)(
  '%s ends rolecall serve with 0, after what is on its way',
  async (signal) => {
    const served = await startServed();
    try {
      const { standIn } = served.clerk;
      await standIn.settled();
      const from = standIn.deliveries.length;
      for (let index = 0; index < 30; index += 1) standIn.createUser();
      await expect.poll(() => standIn.deliveries.length - from, { interval: 1 }).toBeGreaterThan(0);
      expect(await served.end(signal)).toBe(0);
      const answered = standIn.deliveries.slice(from).filter(({ status }) => status !== undefined);
      expect(answered.filter(({ status }) => status !== 200)).toEqual([]);
      const ids = answered.map(({ messageId }) => messageId);
      const sql = postgres(served.database.url, { max: 1 });
      expect(await sql`select from rolecall.inbox where id in ${sql(ids)}`).toHaveLength(new Set(ids).size);
      await sql.end();
    } finally {
      await served.stop();
    }
  },
);
