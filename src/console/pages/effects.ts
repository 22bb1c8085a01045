import * as v from 'valibot';
import { cursorTo } from '../../http/listing/cursor.ts';
import { parameters } from '../../http/operator/effect-routes.ts';
import { EFFECT_STATUSES, type EffectEntry } from '../../pipeline/ports.ts';
import { button, choice } from '../parts/form.ts';
import { html } from '../parts/html.ts';
import { deliveryLink, subject } from '../parts/links.ts';
import { outcomeMark } from '../parts/mark.ts';
import { nextPage, table } from '../parts/table.ts';
import { when } from '../parts/time.ts';
import { page } from '../route.ts';
import { type Page, query, type Visit } from '../visit.ts';
import { EFFECTS } from './delivery.ts';

const PAGE = 50;

export const effects = page('/console/effects', 'effects', showEffects);

async function showEffects(visit: Visit): Promise<Page> {
  const status = EFFECT_STATUSES.find((known) => known === visit.c.req.query('status')) ?? null;
  const cursor = v.safeParse(parameters.cursor, visit.c.req.query('cursor'));
  const before = cursor.success ? (cursor.output?.[1] ?? null) : null;
  const { effects: found, next } = await visit.services.operators.listEffects(status, before, PAGE);
  const older = next === null ? null : query({ status, cursor: cursorTo(['effect', next]) });
  const statuses = [['', 'any'] as const, ...EFFECT_STATUSES.map((one) => [one, one] as const)];
  const again = (one: EffectEntry) =>
    one.status === 'dead' || one.status === 'owed'
      ? button(
          visit,
          `effects/${one.id}/retry`,
          one.status === 'dead' ? 'Try again' : 'Try now',
          `effect ${one.id}`,
        )
      : '';
  const list = table(
    'What is owed to Clerk, the latest first',
    found,
    [
      { name: 'Owed', cell: (one) => when(one.owedAt, visit.now) },
      { name: 'Status', cell: (one) => outcomeMark(one.status) },
      {
        name: 'What',
        cell: (one) =>
          html`<div>${EFFECTS[one.kind] ?? one.kind}<br><span class="soft">effect ${one.id}</span></div>`,
      },
      { name: 'About', cell: (one) => html`<div>${subject(visit, one.organizationId, one.userId)}</div>` },
      { name: 'Tries', number: true, cell: (one) => one.attempts },
      {
        name: 'Last answer',
        cell: (one) =>
          one.lastError === null ? html`<span class="none">—</span>` : html`<code>${one.lastError}</code>`,
      },
      {
        name: 'Because of',
        cell: (one) => deliveryLink(visit, one.deliveryId) ?? html`<span class="none">—</span>`,
      },
      ...(visit.operator.mayWrite ? [{ name: 'Do', cell: again }] : []),
    ],
    status === null
      ? 'Nothing has been owed to Clerk yet.'
      : html`None is ${status}. <a href="?">Show all</a>`,
  );
  return {
    title: 'Effects',
    body: html`<p>What Rolecall owes to Clerk: sessions to end, questions to ask. Tried again by itself until it is done, or dead after about eight hours.</p>
<section aria-label="Filter"><form method="get" class="row">${choice('status', 'Status', statuses, status)}<button data-first>Filter</button></form></section>
<section id="list" data-live aria-label="Effects">${list}${nextPage(older)}</section>`,
  };
}
