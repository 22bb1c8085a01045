import * as v from 'valibot';
import { cursorTo } from '../../http/listing/cursor.ts';
import { listParameters } from '../../http/operator/replay-routes.ts';
import type { Replay } from '../../pipeline/ports.ts';
import { html } from '../parts/html.ts';
import { outcomeMark } from '../parts/mark.ts';
import { nextPage, table } from '../parts/table.ts';
import { when } from '../parts/time.ts';
import { page } from '../route.ts';
import { type Page, query, type Visit } from '../visit.ts';

const PAGE = 50;

export const replays = page('/console/replays', 'replays', showReplays);

async function showReplays(visit: Visit): Promise<Page> {
  const cursor = v.safeParse(listParameters.cursor, visit.c.req.query('cursor'));
  const before = cursor.success ? (cursor.output?.[1] ?? null) : null;
  const found = await visit.services.repeater.replays.readReplays(before, PAGE);
  const last = found.length < PAGE ? undefined : found.at(-1);
  const older = last === undefined ? null : query({ cursor: cursorTo(['replay', last.id]) });
  const columns = [
    { name: 'Asked', cell: (one: Replay) => when(one.askedAt, visit.now) },
    {
      name: 'Replay',
      cell: (one: Replay) =>
        html`<a href="${visit.root}/replays/${one.id}">${one.dryRun ? 'Preview' : 'Replay'} ${one.id}</a>`,
    },
    { name: 'Status', cell: (one: Replay) => outcomeMark(one.status) },
    {
      name: 'Decided',
      number: true as const,
      cell: (one: Replay) => (one.total === null ? one.done : html`${one.done} of ${one.total}`),
    },
    { name: 'By', cell: (one: Replay) => one.by },
    { name: 'Reason', cell: (one: Replay) => one.reason || html`<span class="none">—</span>` },
  ];
  const empty = html`Nothing has been replayed. Choose deliveries <a href="${visit.root}/deliveries?status=failed">that failed</a>, and preview a replay of them.`;
  return {
    title: 'Replays',
    body: html`<section id="list" data-live aria-label="Replays">${table('Replays, the latest first', found, columns, empty)}${nextPage(older)}</section>`,
  };
}
