import { createHash } from 'node:crypto';
import type { Sql } from 'postgres';
import type { Evidence, Finding } from './run.ts';

/** What was acknowledged is kept and decided, byte for byte, and nothing of it counts twice. */
export async function judgeDeliveries(evidence: Evidence, auditor: Sql): Promise<Finding[]> {
  const kept = await auditor<{ id: string; outcome: string; reason: string; sha256: string }[]>`
    select id, outcome, reason, encode(body_sha256, 'hex') as sha256 from rolecall.inbox`;
  const twice = await auditor<{ delivery: string; kind: string }[]>`
    select delivery_id as delivery, 'twice: ' || kind as kind from rolecall.changes where cause = 'delivery'
     group by delivery_id, kind, organization_id, user_id, agent_id, role, permissions, details, cutoff_of, cutoff_id, cutoff_at, at
    having count(*) > 1
    union all
    select delivery_id, 'by several commits: ' || string_agg(distinct kind, ' ') from rolecall.changes where cause = 'delivery'
     group by delivery_id having count(distinct xmin::text) > 1`;
  const inbox = new Map(kept.map((row) => [row.id, row]));
  const bodies = new Map(evidence.messages.map(({ id, event }) => [id, event]));
  const given = [...evidence.acknowledged.values()];
  return [
    {
      promise: 'every delivery with a 2xx is kept and decided',
      checked: given.length,
      broken: given.flatMap(({ delivery, outcome, by }) => {
        const row = inbox.get(delivery);
        const what = `${delivery} (${bodies.get(delivery)?.type}, "${outcome}" from ${by})`;
        if (row === undefined) return [`${what} is not in the inbox`];
        if (row.outcome === 'failed') return [`${what} was not decided: ${row.reason}`];
        const hash = createHash('sha256')
          .update(bodies.get(delivery)?.body ?? '')
          .digest('hex');
        return row.sha256 === hash ? [] : [`${what} is kept with other bytes`];
      }),
    },
    {
      promise: 'no delivery is applied twice',
      checked: inbox.size,
      broken: twice.map(({ delivery, kind }) => `${delivery} ${kind}`),
    },
    {
      promise: 'every message was taken in the end',
      checked: evidence.messages.length,
      broken: evidence.messages
        .filter(({ status }) => status !== 'delivered')
        .map(({ id, status, event }) => `${id} (${event.type}) is ${status}`),
    },
  ];
}
