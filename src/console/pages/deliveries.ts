import * as v from 'valibot';
import { cursorTo } from '../../http/listing/cursor.ts';
import { parameters as deliveryParameters } from '../../http/operator/delivery-routes.ts';
import { filterFrom, filterParameters } from '../../http/operator/filter.ts';
import { explain } from '../../pipeline/operators/explain.ts';
import { DELIVERY_STATUSES, type InboxEntry } from '../../pipeline/ports.ts';
import { choice, textField, writing } from '../parts/form.ts';
import { type Html, html } from '../parts/html.ts';
import { deliveryLink, subject } from '../parts/links.ts';
import { outcomeMark, spaced } from '../parts/mark.ts';
import { nextPage, table } from '../parts/table.ts';
import { when } from '../parts/time.ts';
import { page } from '../route.ts';
import { type Page, query, type Visit } from '../visit.ts';
import { givenFilter } from './given-filter.ts';

const PAGE = 50;
const FILTER = v.object(filterParameters);

export const deliveries = page('/console/deliveries', 'deliveries', showDeliveries);

async function showDeliveries(visit: Visit): Promise<Page> {
  const given = givenFilter(new URL(visit.c.req.url).searchParams, Object.keys(filterParameters));
  const read = v.safeParse(FILTER, given);
  const filtering = form(given, read.success ? null : String(read.issues[0].path?.[0].key));
  if (!read.success) return { title: 'Deliveries', body: filtering };
  const cursor = v.safeParse(deliveryParameters.cursor, visit.c.req.query('cursor'));
  const before =
    cursor.success && cursor.output !== undefined
      ? { receivedAt: cursor.output[1], id: cursor.output[2] }
      : null;
  const filter = filterFrom(read.output);
  const { deliveries: found, next } = await visit.services.operators.listDeliveries(filter, before, PAGE);
  const older =
    next === null ? null : query({ ...given, cursor: cursorTo(['delivery', next.receivedAt, next.id]) });
  return {
    title: 'Deliveries',
    body: html`${filtering}${replaying(visit, given, found)}<section id="list" data-live aria-label="Deliveries found">${list(visit, found, given)}${nextPage(older)}</section>`,
  };
}

function form(given: Readonly<Record<string, string>>, wrong: string | null): Html {
  const statuses = [
    ['', 'any'] as const,
    ...DELIVERY_STATUSES.map((status) => [status, spaced(status)] as const),
  ];
  return html`<section aria-label="Filter"><form method="get"><div class="fields">
    ${choice('status', 'Status', statuses, given['status'] ?? null)}
    ${textField('type', 'Type', given['type'] ?? null, 'organizationMembership.deleted', true)}
    ${textField('organization', 'Organization', given['organization'] ?? null, 'org_…')}
    ${textField('user', 'User', given['user'] ?? null, 'user_…')}
    ${textField('from', 'From, UTC', given['from'] ?? null, '2026-11-22T03:00Z')}
    ${textField('to', 'Before, UTC', given['to'] ?? null, '2026-11-22T04:00Z')}
    <div><button>Filter</button> ${Object.keys(given).length > 0 ? html`<a href="?">Clear</a>` : ''}</div></div>
    ${wrong === null ? '' : html`<p class="refusal" role="alert">“${wrong}” cannot be read: ids are as Clerk writes them, times like 2026-11-22T03:00:00Z.</p>`}</form></section>`;
}

/** The boxes of the list belong to this form, wherever they stand. */
function replaying(
  visit: Visit,
  given: Readonly<Record<string, string>>,
  found: readonly InboxEntry[],
): Html | null {
  if (found.length === 0) return null;
  const hidden = Object.entries(given).map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`,
  );
  const all =
    Object.keys(given).length === 0 ? 'Preview a replay of everything' : 'Preview a replay of all that match';
  return writing(
    visit,
    'replays',
    html`${hidden}<p class="row"><button name="what" value="ids">Preview a replay of those ticked</button><button name="what" value="filter">${all}</button><span class="soft">A preview changes nothing: it says who would gain or lose what.</span></p>`,
    { kind: 'card', id: 'replaying' },
  );
}

function list(visit: Visit, found: readonly InboxEntry[], given: Readonly<Record<string, string>>): Html {
  const tick = {
    name: 'Replay',
    cell: ({ id }: InboxEntry) =>
      html`<input type="checkbox" name="id" value="${id}" form="replaying" aria-label="Replay ${id}">`,
  };
  return table(
    'Deliveries, the latest first',
    found,
    [
      ...(visit.operator.mayWrite ? [tick] : []),
      { name: 'Received', cell: (one) => when(one.receivedAt, visit.now) },
      { name: 'Outcome', cell: (one) => outcomeMark(one.dead ? 'dead' : one.outcome) },
      {
        name: 'Delivery',
        cell: (one) =>
          html`<div>${deliveryLink(visit, one.id)}<br><span class="soft">${one.type ?? 'unknown type'}</span></div>`,
      },
      {
        name: 'About',
        cell: (one) =>
          html`<div>${subject(visit, one.organizationId, one.userId) ?? html`<span class="none">—</span>`}</div>`,
      },
      {
        name: 'Why',
        cell: (one) =>
          html`<div>${explain(one.reason)}${one.retryAt === null || one.dead ? '' : html` <span class="soft">Tried again ${when(one.retryAt, visit.now)}.</span>`}</div>`,
      },
    ],
    Object.keys(given).length > 0
      ? html`No delivery matches. <a href="?">Show all</a>`
      : html`Nothing has arrived yet. Point an endpoint of Clerk’s webhooks at <code>/webhooks/clerk</code>, or import what exists with <code>npx rolecall reconcile</code>.`,
  );
}
