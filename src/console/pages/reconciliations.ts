import * as v from 'valibot';
import { cursorTo } from '../../http/listing/cursor.ts';
import { listParameters } from '../../http/operator/reconciliation-routes.ts';
import type { Reconciliation } from '../../pipeline/ports.ts';
import { textField, writing } from '../parts/form.ts';
import { html } from '../parts/html.ts';
import { organizationLink } from '../parts/links.ts';
import { outcomeMark, spaced } from '../parts/mark.ts';
import { nextPage, table } from '../parts/table.ts';
import { when } from '../parts/time.ts';
import { page } from '../route.ts';
import { type Page, query, type Visit } from '../visit.ts';

const PAGE = 50;

export const reconciliations = page('/console/reconciliations', 'drift', showReconciliations);

async function showReconciliations(visit: Visit): Promise<Page> {
  const cursor = v.safeParse(listParameters.cursor, visit.c.req.query('cursor'));
  const before = cursor.success ? (cursor.output?.[1] ?? null) : null;
  const found = await visit.services.reconciler.reconciliations.readReconciliations(before, PAGE);
  const last = found.length < PAGE ? undefined : found.at(-1);
  const older = last === undefined ? null : query({ cursor: cursorTo(['reconciliation', last.id]) });
  const columns = [
    { name: 'Asked', cell: (one: Reconciliation) => when(one.askedAt, visit.now) },
    {
      name: 'Comparison',
      cell: (one: Reconciliation) =>
        html`<a href="${visit.root}/reconciliations/${one.id}">${one.dryRun ? 'Look only' : 'Compare and repair'} ${one.id}</a>`,
    },
    { name: 'Of', cell: (one: Reconciliation) => organizationLink(visit, one.organization) ?? 'everything' },
    { name: 'Status', cell: (one: Reconciliation) => outcomeMark(one.status) },
    { name: 'Drift', cell: (one: Reconciliation) => driftWords(one) },
    {
      name: 'Why',
      cell: (one: Reconciliation) =>
        html`<div>${spaced(one.cause)}${one.cause === 'operator' ? ` by ${one.by}` : ''}${one.reason === '' ? '' : html`<br><span class="soft">${one.reason}</span>`}</div>`,
    },
  ];
  return {
    title: 'Drift',
    body: html`<p>Where Clerk and Rolecall disagree: found by comparing everything, list by list, within Clerk’s budget. Rolecall does it by itself as well.</p>
${starting(visit)}<section id="list" data-live aria-label="Comparisons">${table('Comparisons, the latest first', found, columns, 'Nothing has been compared with Clerk yet.')}${nextPage(older)}</section>`,
  };
}

function starting(visit: Visit) {
  const form = writing(
    visit,
    'reconciliations',
    html`<div class="row">${textField('organization', 'Organization', '', 'all of them', true)}${textField('reason', 'Reason, where it repairs', '', 'the endpoint was disabled')}<button name="how" value="dry">Look only</button><button name="how" value="real" class="main">Compare and repair</button></div>`,
  );
  return form === null ? '' : html`<section aria-label="Compare">${form}</section>`;
}

export function driftWords({ drift, status }: Reconciliation): string {
  const found = Object.entries(drift).filter(([, times]) => times > 0);
  if (found.length === 0) return status === 'done' ? 'none' : '—';
  return found.map(([kind, times]) => `${times} ${spaced(kind)}`).join(', ');
}
